CREATE TABLE servings (                                 -- when `serve` answered from this store
    seq           INTEGER PRIMARY KEY,
    began_at      INTEGER NOT NULL,
    counted_until INTEGER,                              -- when it last stored uses; null: it counts none
    ended_at      INTEGER,                              -- null: it serves, or was killed
    turned_on_wal INTEGER NOT NULL                      -- 1: it switched the store to WAL, and nobody has switched it back
                  CONSTRAINT turned_on_or_not CHECK (turned_on_wal IN (0, 1))
) STRICT;
