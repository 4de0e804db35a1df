
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'zenflow-keys' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'zenflow-keys'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'zenflow-keys' {
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Create a key and print it, once')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List keys, oldest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show everything about one key')
            [CompletionResult]::new('update', 'update', [CompletionResultType]::ParameterValue, 'Change name, owner, note, expiry or scopes of a key')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Replace a key by a new one, without downtime')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Revoke keys for good: now, or at a later time')
            [CompletionResult]::new('disable', 'disable', [CompletionResultType]::ParameterValue, 'Switch keys off; ''enable'' switches them on again')
            [CompletionResult]::new('enable', 'enable', [CompletionResultType]::ParameterValue, 'Switch disabled keys on again')
            [CompletionResult]::new('allowlist', 'allowlist', [CompletionResultType]::ParameterValue, 'Say from where a key may be used: add, remove, set, clear, list')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Judge a key: may it do this, from there?')
            [CompletionResult]::new('scopes', 'scopes', [CompletionResultType]::ParameterValue, 'List all scopes, what they grant, and the endpoints that need them')
            [CompletionResult]::new('presets', 'presets', [CompletionResultType]::ParameterValue, 'List the presets and their scopes')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show the audit log, newest first, or verify it')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'zenflow-keys;create' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Scopes by preset: read-only, erp-sync, stock-sync, full-access')
            [CompletionResult]::new('--preset', '--preset', [CompletionResultType]::ParameterName, 'Scopes by preset: read-only, erp-sync, stock-sync, full-access')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Scopes, one by one or separated by commas: read:orders,write:orders')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Scopes, one by one or separated by commas: read:orders,write:orders')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'live or test')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'When it ends: 90d, 6mo, 2026-12-31, an instant, or never')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'When it ends: 90d, 6mo, 2026-12-31, an instant, or never')
            [CompletionResult]::new('--allow-ip', '--allow-ip', [CompletionResultType]::ParameterName, 'From where it may be used: addresses or CIDR ranges; none means from everywhere')
            [CompletionResult]::new('--owner', '--owner', [CompletionResultType]::ParameterName, 'Who answers for it')
            [CompletionResult]::new('--note', '--note', [CompletionResultType]::ParameterName, 'Anything else worth knowing')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the key to this new file instead of standard output')
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Write the key to this new file instead of standard output')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('--if-absent', '--if-absent', [CompletionResultType]::ParameterName, 'If a usable key has the name, leave it at that and succeed')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'zenflow-keys;list' {
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'In this state: active, disabled, expired, revoked (implies --all)')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'For this environment: live, test')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'May do this, admin included')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'May do this, admin included')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Has exactly the scopes of this preset')
            [CompletionResult]::new('--preset', '--preset', [CompletionResultType]::ParameterName, 'Has exactly the scopes of this preset')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Has such a name; * ? and [abc] are wildcards, case does not matter')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Has such a name; * ? and [abc] are wildcards, case does not matter')
            [CompletionResult]::new('--owner', '--owner', [CompletionResultType]::ParameterName, 'Belongs to this owner')
            [CompletionResult]::new('--expires-within', '--expires-within', [CompletionResultType]::ParameterName, 'Ends within this time: 14d')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Was made longer ago: 90d')
            [CompletionResult]::new('--unused-for', '--unused-for', [CompletionResultType]::ParameterName, 'Has no recorded allowed use for this long: 45d')
            [CompletionResult]::new('--sort', '--sort', [CompletionResultType]::ParameterName, 'Order: created, name, expires, used')
            [CompletionResult]::new('-L', '-L ', [CompletionResultType]::ParameterName, 'At most so many')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'At most so many')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Revoked and expired keys too')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Revoked and expired keys too')
            [CompletionResult]::new('--no-expiry', '--no-expiry', [CompletionResultType]::ParameterName, 'Never ends')
            [CompletionResult]::new('--no-allowlist', '--no-allowlist', [CompletionResultType]::ParameterName, 'Can be used from everywhere')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'The other way round')
            [CompletionResult]::new('--reverse', '--reverse', [CompletionResultType]::ParameterName, 'The other way round')
            [CompletionResult]::new('--ids', '--ids', [CompletionResultType]::ParameterName, 'Ids only, one a line')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'zenflow-keys;show' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Narrow a name to live or test')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'zenflow-keys;update' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Narrow a name to live or test')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'A new name')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'A new name')
            [CompletionResult]::new('--owner', '--owner', [CompletionResultType]::ParameterName, 'Who answers for it; "" clears')
            [CompletionResult]::new('--note', '--note', [CompletionResultType]::ParameterName, 'Anything else worth knowing; "" clears')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'When it ends: 90d, 6mo, 2026-12-31, an instant, or never')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'When it ends: 90d, 6mo, 2026-12-31, an instant, or never')
            [CompletionResult]::new('--add-scope', '--add-scope', [CompletionResultType]::ParameterName, 'Let it do this too')
            [CompletionResult]::new('--remove-scope', '--remove-scope', [CompletionResultType]::ParameterName, 'Do not let it do this any more')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'zenflow-keys;rotate' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Narrow a name to live or test')
            [CompletionResult]::new('--overlap', '--overlap', [CompletionResultType]::ParameterName, 'How long both keys work: 7d, 24h; 0 revokes the old one at once')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'When the new key ends; by default it lives as long as the old one did')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'When the new key ends; by default it lives as long as the old one did')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the new key to this new file instead of standard output')
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Write the new key to this new file instead of standard output')
            [CompletionResult]::new('--quiet-for', '--quiet-for', [CompletionResultType]::ParameterName, 'How long the old key must have been quiet')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('--finish', '--finish', [CompletionResultType]::ParameterName, 'Revoke the old key now, if the new one was used and the old one was not lately')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Finish although the hand-over is not proven')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'zenflow-keys;revoke' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Narrow names to live or test')
            [CompletionResult]::new('--in', '--in', [CompletionResultType]::ParameterName, 'After this time: 7d')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'At this time: 2026-12-31 (through that day), 2026-12-31T09:30:00Z')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Why')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('--cancel', '--cancel', [CompletionResultType]::ParameterName, 'Take a scheduled revocation back')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, and do nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'zenflow-keys;disable' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Narrow names to live or test')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, and do nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'zenflow-keys;enable' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Narrow names to live or test')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, and do nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'zenflow-keys;allowlist' {
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Let these in too')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Do not let these in any more')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Let in these and no others')
            [CompletionResult]::new('clear', 'clear', [CompletionResultType]::ParameterValue, 'Let everyone in')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Print the entries, one a line')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'zenflow-keys;allowlist;add' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Narrow a name to live or test')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'zenflow-keys;allowlist;remove' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Narrow a name to live or test')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'zenflow-keys;allowlist;set' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Narrow a name to live or test')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'zenflow-keys;allowlist;clear' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Narrow a name to live or test')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'zenflow-keys;allowlist;list' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Narrow a name to live or test')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'zenflow-keys;allowlist;help' {
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Let these in too')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Do not let these in any more')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Let in these and no others')
            [CompletionResult]::new('clear', 'clear', [CompletionResultType]::ParameterValue, 'Let everyone in')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Print the entries, one a line')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'zenflow-keys;allowlist;help;add' {
            break
        }
        'zenflow-keys;allowlist;help;remove' {
            break
        }
        'zenflow-keys;allowlist;help;set' {
            break
        }
        'zenflow-keys;allowlist;help;clear' {
            break
        }
        'zenflow-keys;allowlist;help;list' {
            break
        }
        'zenflow-keys;allowlist;help;help' {
            break
        }
        'zenflow-keys;check' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'A scope that is needed; several are all needed')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'A scope that is needed; several are all needed')
            [CompletionResult]::new('--request', '--request', [CompletionResultType]::ParameterName, 'A request; the endpoint map names the scope it needs: "POST /orders"')
            [CompletionResult]::new('--ip', '--ip', [CompletionResultType]::ParameterName, 'The client''s address')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'The key must be for this environment')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'Judge expiry and revocation as of then')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'Read the key from this file')
            [CompletionResult]::new('--key-env', '--key-env', [CompletionResultType]::ParameterName, 'Read the key from this environment variable')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Count this as a use of the key')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'zenflow-keys;scopes' {
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'zenflow-keys;presets' {
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'zenflow-keys;log' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Narrow a name to live or test')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only from then on: 7d (ago), 2026-12-31')
            [CompletionResult]::new('-L', '-L ', [CompletionResultType]::ParameterName, 'At most so many')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'At most so many')
            [CompletionResult]::new('--expect', '--expect', [CompletionResultType]::ParameterName, 'An earlier head: that entry must still be there')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('--verify', '--verify', [CompletionResultType]::ParameterName, 'Recompute the chain; exit status 7 if it is not whole')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'zenflow-keys;completions' {
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The store [env: ZENFLOW_KEYS_DB] [default: zenflow-keys/keys.db in the user''s data directory]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output: human, json; for list and log also jsonl, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto, always, never')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'Who does it, for the audit log [env: ZENFLOW_KEYS_ACTOR] [default: the user of the system]')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No remarks; from check no verdict either')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'zenflow-keys;help' {
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Create a key and print it, once')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List keys, oldest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show everything about one key')
            [CompletionResult]::new('update', 'update', [CompletionResultType]::ParameterValue, 'Change name, owner, note, expiry or scopes of a key')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Replace a key by a new one, without downtime')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Revoke keys for good: now, or at a later time')
            [CompletionResult]::new('disable', 'disable', [CompletionResultType]::ParameterValue, 'Switch keys off; ''enable'' switches them on again')
            [CompletionResult]::new('enable', 'enable', [CompletionResultType]::ParameterValue, 'Switch disabled keys on again')
            [CompletionResult]::new('allowlist', 'allowlist', [CompletionResultType]::ParameterValue, 'Say from where a key may be used: add, remove, set, clear, list')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Judge a key: may it do this, from there?')
            [CompletionResult]::new('scopes', 'scopes', [CompletionResultType]::ParameterValue, 'List all scopes, what they grant, and the endpoints that need them')
            [CompletionResult]::new('presets', 'presets', [CompletionResultType]::ParameterValue, 'List the presets and their scopes')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show the audit log, newest first, or verify it')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'zenflow-keys;help;create' {
            break
        }
        'zenflow-keys;help;list' {
            break
        }
        'zenflow-keys;help;show' {
            break
        }
        'zenflow-keys;help;update' {
            break
        }
        'zenflow-keys;help;rotate' {
            break
        }
        'zenflow-keys;help;revoke' {
            break
        }
        'zenflow-keys;help;disable' {
            break
        }
        'zenflow-keys;help;enable' {
            break
        }
        'zenflow-keys;help;allowlist' {
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Let these in too')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Do not let these in any more')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Let in these and no others')
            [CompletionResult]::new('clear', 'clear', [CompletionResultType]::ParameterValue, 'Let everyone in')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Print the entries, one a line')
            break
        }
        'zenflow-keys;help;allowlist;add' {
            break
        }
        'zenflow-keys;help;allowlist;remove' {
            break
        }
        'zenflow-keys;help;allowlist;set' {
            break
        }
        'zenflow-keys;help;allowlist;clear' {
            break
        }
        'zenflow-keys;help;allowlist;list' {
            break
        }
        'zenflow-keys;help;check' {
            break
        }
        'zenflow-keys;help;scopes' {
            break
        }
        'zenflow-keys;help;presets' {
            break
        }
        'zenflow-keys;help;log' {
            break
        }
        'zenflow-keys;help;completions' {
            break
        }
        'zenflow-keys;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
