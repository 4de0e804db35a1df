CREATE TABLE tombstones (                               -- what is left of a key that was pruned
    id           TEXT PRIMARY KEY                       -- never drawn again
                 CONSTRAINT tombstone_id_form CHECK (length(id) = 10 AND id GLOB '[a-z]*' AND id NOT GLOB '*[^0-9a-hjkmnp-tv-z]*'),
    name         TEXT NOT NULL
                 CONSTRAINT tombstone_name_length CHECK (length(name) BETWEEN 1 AND 64),
    name_folded  TEXT NOT NULL
                 CONSTRAINT tombstone_name_folded_present CHECK (name_folded <> ''),
    environment  TEXT NOT NULL
                 CONSTRAINT tombstone_environment_known CHECK (environment IN ('live', 'test')),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER,
    last_used_at INTEGER,
    rotated_to   TEXT,                                  -- the key that replaced it; its own rotated_from is then null
    pruned_at    INTEGER NOT NULL,
    CONSTRAINT tombstone_was_over CHECK (expires_at IS NOT NULL OR revoked_at IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX tombstones_by_name ON tombstones (name_folded);
CREATE UNIQUE INDEX tombstones_by_successor ON tombstones (rotated_to) WHERE rotated_to IS NOT NULL;
