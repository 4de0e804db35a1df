# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_zenflow_keys_global_optspecs
    string join \n db= format= json color= q/quiet actor= h/help V/version
end

function __fish_zenflow_keys_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_zenflow_keys_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_zenflow_keys_using_subcommand
    set -l cmd (__fish_zenflow_keys_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -s V -l version -d 'Print version'
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -f -a "create" -d 'Create a key and print it, once'
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -f -a "list" -d 'List keys, oldest first'
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -f -a "show" -d 'Show everything about one key'
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -f -a "update" -d 'Change name, owner, note, expiry or scopes of a key'
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -f -a "rotate" -d 'Replace a key by a new one, without downtime'
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -f -a "revoke" -d 'Revoke keys for good: now, or at a later time'
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -f -a "disable" -d 'Switch keys off; \'enable\' switches them on again'
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -f -a "enable" -d 'Switch disabled keys on again'
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -f -a "allowlist" -d 'Say from where a key may be used: add, remove, set, clear, list'
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -f -a "check" -d 'Judge a key: may it do this, from there?'
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -f -a "scopes" -d 'List all scopes, what they grant, and the endpoints that need them'
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -f -a "presets" -d 'List the presets and their scopes'
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -f -a "log" -d 'Show the audit log, newest first, or verify it'
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c zenflow-keys -n "__fish_zenflow_keys_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand create" -s p -l preset -d 'Scopes by preset: read-only, erp-sync, stock-sync, full-access' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand create" -s s -l scope -d 'Scopes, one by one or separated by commas: read:orders,write:orders' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand create" -l env -d 'live or test' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand create" -s e -l expires -d 'When it ends: 90d, 6mo, 2026-12-31, an instant, or never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand create" -l allow-ip -d 'From where it may be used: addresses or CIDR ranges; none means from everywhere' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand create" -l owner -d 'Who answers for it' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand create" -l note -d 'Anything else worth knowing' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand create" -s o -l out -d 'Write the key to this new file instead of standard output' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand create" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand create" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand create" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand create" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand create" -l if-absent -d 'If a usable key has the name, leave it at that and succeed'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand create" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand create" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -l status -d 'In this state: active, disabled, expired, revoked (implies --all)' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -l env -d 'For this environment: live, test' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -s s -l scope -d 'May do this, admin included' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -s p -l preset -d 'Has exactly the scopes of this preset' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -s n -l name -d 'Has such a name; * ? and [abc] are wildcards, case does not matter' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -l owner -d 'Belongs to this owner' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -l expires-within -d 'Ends within this time: 14d' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -l older-than -d 'Was made longer ago: 90d' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -l unused-for -d 'Has no recorded allowed use for this long: 45d' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -l sort -d 'Order: created, name, expires, used' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -s L -l limit -d 'At most so many' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -s a -l all -d 'Revoked and expired keys too'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -l no-expiry -d 'Never ends'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -l no-allowlist -d 'Can be used from everywhere'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -s r -l reverse -d 'The other way round'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -l ids -d 'Ids only, one a line'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand show" -l env -d 'Narrow a name to live or test' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand show" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand show" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand show" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand show" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand show" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand show" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand update" -l env -d 'Narrow a name to live or test' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand update" -s n -l name -d 'A new name' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand update" -l owner -d 'Who answers for it; "" clears' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand update" -l note -d 'Anything else worth knowing; "" clears' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand update" -s e -l expires -d 'When it ends: 90d, 6mo, 2026-12-31, an instant, or never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand update" -l add-scope -d 'Let it do this too' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand update" -l remove-scope -d 'Do not let it do this any more' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand update" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand update" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand update" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand update" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand update" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand update" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand rotate" -l env -d 'Narrow a name to live or test' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand rotate" -l overlap -d 'How long both keys work: 7d, 24h; 0 revokes the old one at once' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand rotate" -s e -l expires -d 'When the new key ends; by default it lives as long as the old one did' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand rotate" -s o -l out -d 'Write the new key to this new file instead of standard output' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand rotate" -l quiet-for -d 'How long the old key must have been quiet' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand rotate" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand rotate" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand rotate" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand rotate" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand rotate" -l finish -d 'Revoke the old key now, if the new one was used and the old one was not lately'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand rotate" -l force -d 'Finish although the hand-over is not proven'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand rotate" -s y -l yes -d 'Do not ask'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand rotate" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand rotate" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand revoke" -l env -d 'Narrow names to live or test' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand revoke" -l in -d 'After this time: 7d' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand revoke" -l at -d 'At this time: 2026-12-31 (through that day), 2026-12-31T09:30:00Z' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand revoke" -s r -l reason -d 'Why' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand revoke" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand revoke" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand revoke" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand revoke" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand revoke" -l cancel -d 'Take a scheduled revocation back'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand revoke" -s y -l yes -d 'Do not ask'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand revoke" -l dry-run -d 'Say what would be done, and do nothing'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand revoke" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand revoke" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand revoke" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand disable" -l env -d 'Narrow names to live or test' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand disable" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand disable" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand disable" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand disable" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand disable" -l dry-run -d 'Say what would be done, and do nothing'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand disable" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand disable" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand disable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand enable" -l env -d 'Narrow names to live or test' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand enable" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand enable" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand enable" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand enable" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand enable" -l dry-run -d 'Say what would be done, and do nothing'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand enable" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand enable" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand enable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and not __fish_seen_subcommand_from add remove set clear list help" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and not __fish_seen_subcommand_from add remove set clear list help" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and not __fish_seen_subcommand_from add remove set clear list help" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and not __fish_seen_subcommand_from add remove set clear list help" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and not __fish_seen_subcommand_from add remove set clear list help" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and not __fish_seen_subcommand_from add remove set clear list help" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and not __fish_seen_subcommand_from add remove set clear list help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and not __fish_seen_subcommand_from add remove set clear list help" -f -a "add" -d 'Let these in too'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and not __fish_seen_subcommand_from add remove set clear list help" -f -a "remove" -d 'Do not let these in any more'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and not __fish_seen_subcommand_from add remove set clear list help" -f -a "set" -d 'Let in these and no others'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and not __fish_seen_subcommand_from add remove set clear list help" -f -a "clear" -d 'Let everyone in'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and not __fish_seen_subcommand_from add remove set clear list help" -f -a "list" -d 'Print the entries, one a line'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and not __fish_seen_subcommand_from add remove set clear list help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from add" -l env -d 'Narrow a name to live or test' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from add" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from add" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from add" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from add" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from add" -s y -l yes -d 'Do not ask'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from add" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from add" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from remove" -l env -d 'Narrow a name to live or test' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from remove" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from remove" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from remove" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from remove" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from remove" -s y -l yes -d 'Do not ask'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from remove" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from set" -l env -d 'Narrow a name to live or test' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from set" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from set" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from set" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from set" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from set" -s y -l yes -d 'Do not ask'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from set" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from set" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from clear" -l env -d 'Narrow a name to live or test' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from clear" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from clear" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from clear" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from clear" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from clear" -s y -l yes -d 'Do not ask'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from clear" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from clear" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from clear" -s h -l help -d 'Print help'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from list" -l env -d 'Narrow a name to live or test' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from list" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from list" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from list" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from list" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from list" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from list" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from help" -f -a "add" -d 'Let these in too'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Do not let these in any more'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from help" -f -a "set" -d 'Let in these and no others'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from help" -f -a "clear" -d 'Let everyone in'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from help" -f -a "list" -d 'Print the entries, one a line'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand allowlist; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand check" -s s -l scope -d 'A scope that is needed; several are all needed' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand check" -l request -d 'A request; the endpoint map names the scope it needs: "POST /orders"' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand check" -l ip -d 'The client\'s address' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand check" -l env -d 'The key must be for this environment' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand check" -l at -d 'Judge expiry and revocation as of then' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand check" -l key-file -d 'Read the key from this file' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand check" -l key-env -d 'Read the key from this environment variable' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand check" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand check" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand check" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand check" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand check" -l record -d 'Count this as a use of the key'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand check" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand check" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand scopes" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand scopes" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand scopes" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand scopes" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand scopes" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand scopes" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand scopes" -s h -l help -d 'Print help'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand presets" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand presets" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand presets" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand presets" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand presets" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand presets" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand presets" -s h -l help -d 'Print help'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand log" -l env -d 'Narrow a name to live or test' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand log" -l since -d 'Only from then on: 7d (ago), 2026-12-31' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand log" -s L -l limit -d 'At most so many' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand log" -l expect -d 'An earlier head: that entry must still be there' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand log" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand log" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand log" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand log" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand log" -l verify -d 'Recompute the chain; exit status 7 if it is not whole'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand log" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand log" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand completions" -l db -d 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user\'s data directory]' -r -F
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand completions" -l format -d 'The form of the output: human, json; for list and log also jsonl, csv' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand completions" -l color -d 'Colours: auto, always, never' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand completions" -l actor -d 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]' -r
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand completions" -l json -d 'Short for --format json'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand completions" -s q -l quiet -d 'No remarks; from check no verdict either'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and not __fish_seen_subcommand_from create list show update rotate revoke disable enable allowlist check scopes presets log completions help" -f -a "create" -d 'Create a key and print it, once'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and not __fish_seen_subcommand_from create list show update rotate revoke disable enable allowlist check scopes presets log completions help" -f -a "list" -d 'List keys, oldest first'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and not __fish_seen_subcommand_from create list show update rotate revoke disable enable allowlist check scopes presets log completions help" -f -a "show" -d 'Show everything about one key'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and not __fish_seen_subcommand_from create list show update rotate revoke disable enable allowlist check scopes presets log completions help" -f -a "update" -d 'Change name, owner, note, expiry or scopes of a key'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and not __fish_seen_subcommand_from create list show update rotate revoke disable enable allowlist check scopes presets log completions help" -f -a "rotate" -d 'Replace a key by a new one, without downtime'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and not __fish_seen_subcommand_from create list show update rotate revoke disable enable allowlist check scopes presets log completions help" -f -a "revoke" -d 'Revoke keys for good: now, or at a later time'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and not __fish_seen_subcommand_from create list show update rotate revoke disable enable allowlist check scopes presets log completions help" -f -a "disable" -d 'Switch keys off; \'enable\' switches them on again'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and not __fish_seen_subcommand_from create list show update rotate revoke disable enable allowlist check scopes presets log completions help" -f -a "enable" -d 'Switch disabled keys on again'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and not __fish_seen_subcommand_from create list show update rotate revoke disable enable allowlist check scopes presets log completions help" -f -a "allowlist" -d 'Say from where a key may be used: add, remove, set, clear, list'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and not __fish_seen_subcommand_from create list show update rotate revoke disable enable allowlist check scopes presets log completions help" -f -a "check" -d 'Judge a key: may it do this, from there?'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and not __fish_seen_subcommand_from create list show update rotate revoke disable enable allowlist check scopes presets log completions help" -f -a "scopes" -d 'List all scopes, what they grant, and the endpoints that need them'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and not __fish_seen_subcommand_from create list show update rotate revoke disable enable allowlist check scopes presets log completions help" -f -a "presets" -d 'List the presets and their scopes'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and not __fish_seen_subcommand_from create list show update rotate revoke disable enable allowlist check scopes presets log completions help" -f -a "log" -d 'Show the audit log, newest first, or verify it'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and not __fish_seen_subcommand_from create list show update rotate revoke disable enable allowlist check scopes presets log completions help" -f -a "completions" -d 'Print a completion script for a shell'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and not __fish_seen_subcommand_from create list show update rotate revoke disable enable allowlist check scopes presets log completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and __fish_seen_subcommand_from allowlist" -f -a "add" -d 'Let these in too'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and __fish_seen_subcommand_from allowlist" -f -a "remove" -d 'Do not let these in any more'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and __fish_seen_subcommand_from allowlist" -f -a "set" -d 'Let in these and no others'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and __fish_seen_subcommand_from allowlist" -f -a "clear" -d 'Let everyone in'
complete -c zenflow-keys -n "__fish_zenflow_keys_using_subcommand help; and __fish_seen_subcommand_from allowlist" -f -a "list" -d 'Print the entries, one a line'
