# Completion of zenflow-keys for fish. The program says what can be completed; what was typed goes to it on standard input, so that it stands
# in no list of processes.

function __zenflow_keys_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l token (commandline --current-token --cut-at-cursor)
    # An open quote cannot be unescaped.
    set -l current (string unescape -- "$token"; or string trim --left --chars '"\'' -- "$token")
    set -l lines (string join0 -- $words "$current" | ZENFLOW_KEYS_COMPLETE=words command zenflow-keys 2>/dev/null)
    if test "$lines[1]" = \tfiles
        set -l option (string match --regex -- '^--[^=]*=' "$current")
        for file in (__fish_complete_path (string replace --regex -- '^--[^=]*=' '' "$current"))
            echo -- "$option$file"
        end
    else
        printf '%s\n' $lines
    end
end

complete --command zenflow-keys --no-files --keep-order --arguments '(__zenflow_keys_complete)'
