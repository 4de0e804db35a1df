# Completion of zenflow-keys for bash. The program says what can be completed; what was typed goes to it on standard input, so that it
# stands in no list of processes, and comes back quoted for the command line.

_zenflow_keys() {
    local IFS=$'\n' reply
    COMPREPLY=()
    reply=$(printf '%s\0' "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" |
        ZENFLOW_KEYS_COMPLETE=bash command zenflow-keys 2>/dev/null) || return 0
    if [[ $reply == $'\tfiles' ]]; then
        compopt -o bashdefault -o default 2>/dev/null
    elif [[ -n $reply ]]; then
        mapfile -t COMPREPLY <<<"$reply"
    fi
}

complete -o nosort -F _zenflow_keys zenflow-keys 2>/dev/null || complete -F _zenflow_keys zenflow-keys
