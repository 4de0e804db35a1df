# Completion of zenflow-keys for Elvish. The program says what can be completed; what was typed goes to it on standard input, so that it
# stands in no list of processes.

use str

set edit:completion:arg-completer[zenflow-keys] = {|@words|
    var lines = [(print (str:join "\x00" $words)"\x00" | env ZENFLOW_KEYS_COMPLETE=words zenflow-keys 2>/dev/null | from-lines)]
    if (and (> (count $lines) 0) (eq $lines[0] "\tfiles")) {
        edit:complete-filename $words[-1]
    } else {
        for line $lines {
            var value description = (str:split &max=2 "\t" $line)
            edit:complex-candidate $value &display=$value'  '$description
        }
    }
}
