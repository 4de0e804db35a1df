CREATE TABLE imports (
    head       BLOB NOT NULL                            -- SHA-256 of the first line of a log
               CONSTRAINT head_length CHECK (length(head) = 32),
    bytes      INTEGER NOT NULL                         -- how much of the log is counted, from its beginning, uncompressed
               CONSTRAINT bytes_counted CHECK (bytes > 0),
    digest     BLOB NOT NULL                            -- SHA-256 of these bytes
               CONSTRAINT counted_digest_length CHECK (length(digest) = 32),
    lines      INTEGER NOT NULL                         -- how many lines these are
               CONSTRAINT lines_counted CHECK (lines > 0),
    counted_at INTEGER NOT NULL,                        -- when the last of them were counted
    PRIMARY KEY (head, bytes, digest)
) STRICT, WITHOUT ROWID;
