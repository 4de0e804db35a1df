CREATE INDEX acceptances_by_key ON events (key_id) WHERE action = 'accept'; -- findings that somebody accepted: an action that older programs do not know
