-- Instants are whole seconds since 1970, UTC. Lists are joined by a space.

CREATE TABLE store (
    one         INTEGER PRIMARY KEY                     -- there is one row
                CONSTRAINT one_row CHECK (one = 1),
    id          BLOB NOT NULL                           -- random; the first link of the audit chain
                CONSTRAINT store_id_length CHECK (length(id) = 32),
    usage_since INTEGER                                 -- when the first use was recorded
) STRICT;

CREATE TABLE keys (
    seq               INTEGER PRIMARY KEY,              -- in the order of creation
    id                TEXT NOT NULL UNIQUE              -- public
                      CONSTRAINT id_form CHECK (length(id) = 10 AND id GLOB '[a-z]*' AND id NOT GLOB '*[^0-9a-hjkmnp-tv-z]*'),
    digest            BLOB NOT NULL UNIQUE              -- SHA-256 of the whole key
                      CONSTRAINT digest_length CHECK (length(digest) = 32),
    name              TEXT NOT NULL                     -- as it was written, in NFC
                      CONSTRAINT name_length CHECK (length(name) BETWEEN 1 AND 64),
    name_folded       TEXT NOT NULL                     -- as it is compared: NFC, lower case
                      CONSTRAINT name_folded_present CHECK (name_folded <> ''),
    environment       TEXT NOT NULL
                      CONSTRAINT environment_known CHECK (environment IN ('live', 'test')),
    scopes            TEXT NOT NULL                     -- in the catalogue's order
                      CONSTRAINT scopes_present CHECK (scopes <> ''),
    allowed_ips       TEXT NOT NULL DEFAULT '',         -- canonical and sorted; empty: no restriction
    owner             TEXT
                      CONSTRAINT owner_length CHECK (length(owner) BETWEEN 1 AND 200),
    note              TEXT
                      CONSTRAINT note_length CHECK (length(note) BETWEEN 1 AND 200),
    created_at        INTEGER NOT NULL,
    expires_at        INTEGER,                          -- expired from then on; null: never
    disabled_at       INTEGER,                          -- null: enabled
    revoked_at        INTEGER,                          -- revoked from then on; in the future: scheduled
    revocation_reason TEXT
                      CONSTRAINT reason_length CHECK (length(revocation_reason) BETWEEN 1 AND 200),
    rotated_from      TEXT REFERENCES keys (id),        -- the key that this one replaced
    last_used_at      INTEGER,                          -- of the newest allowed row of usage, kept here to be found fast
    last_used_ip      TEXT,
    CONSTRAINT reason_belongs_to_revocation CHECK (revocation_reason IS NULL OR revoked_at IS NOT NULL),
    CONSTRAINT not_its_own_successor CHECK (rotated_from IS NULL OR rotated_from <> id),
    CONSTRAINT used_ip_belongs_to_use CHECK (last_used_ip IS NULL OR last_used_at IS NOT NULL)
) STRICT;

CREATE INDEX keys_by_name ON keys (name_folded);
CREATE UNIQUE INDEX keys_by_predecessor ON keys (rotated_from) WHERE rotated_from IS NOT NULL;
CREATE INDEX keys_by_expiry ON keys (coalesce(expires_at, 253402300800)); -- never: after the year 9999
CREATE INDEX keys_by_revocation ON keys (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX keys_disabled ON keys (disabled_at) WHERE disabled_at IS NOT NULL;
CREATE INDEX keys_by_use ON keys (coalesce(last_used_at, -1)); -- never: before all else
CREATE INDEX keys_by_owner ON keys (owner) WHERE owner IS NOT NULL;
CREATE INDEX keys_by_scopes ON keys (scopes);
CREATE INDEX keys_for_test ON keys (seq) WHERE environment = 'test';
CREATE INDEX keys_by_creation ON keys (created_at);

CREATE TABLE events (
    seq      INTEGER PRIMARY KEY,                       -- from 1 on, without gaps
    at       INTEGER NOT NULL,
    actor    TEXT NOT NULL,                             -- who
    action   TEXT NOT NULL,                             -- what
    key_id   TEXT NOT NULL,                             -- to which key
    key_name TEXT NOT NULL,                             -- what it was called then
    details  TEXT NOT NULL                              -- JSON: field → before, after
             CONSTRAINT details_json CHECK (json_valid(details)),
    hash     BLOB NOT NULL                              -- chains this row to the one before
             CONSTRAINT hash_length CHECK (length(hash) = 32)
) STRICT;

CREATE INDEX events_by_key ON events (key_id);

CREATE TRIGGER events_are_appended BEFORE INSERT ON events
WHEN new.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM events)
BEGIN SELECT raise(ABORT, 'the audit log only grows at its end'); END;

CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN SELECT raise(ABORT, 'the audit log is not changed'); END;

CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
BEGIN SELECT raise(ABORT, 'the audit log is not shortened'); END;

CREATE TABLE usage (
    key      INTEGER NOT NULL REFERENCES keys (seq),
    hour     INTEGER NOT NULL                           -- the start of the hour
             CONSTRAINT whole_hour CHECK (hour % 3600 = 0),
    ip       TEXT NOT NULL,                             -- the client's address; empty: not known
    endpoint TEXT NOT NULL,                             -- what was called; empty: not named
    scopes   TEXT NOT NULL,                             -- what was needed, in the catalogue's order
    outcome  TEXT NOT NULL,                             -- allowed, or the reason why not
    count    INTEGER NOT NULL
             CONSTRAINT counted CHECK (count > 0),
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL
             CONSTRAINT first_before_last CHECK (first_at <= last_at),
    PRIMARY KEY (key, hour, ip, endpoint, scopes, outcome)
) STRICT, WITHOUT ROWID;
