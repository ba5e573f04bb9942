-- Format 5: a search index is the two files search-<base>.faiss and search-<base>.rows, and beside them, unless it is
-- NULL, the file search-<generation>.added with what else its rows are: those that came since. The threads of all stories
-- are read from an index alone.
ALTER TABLE search_indexes RENAME TO search_indexes_before;
CREATE TABLE search_indexes (
    generation INTEGER PRIMARY KEY,
    base INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    rows_bytes INTEGER NOT NULL,
    rows_checksum INTEGER NOT NULL,
    added_bytes INTEGER,
    added_checksum INTEGER,
    details TEXT NOT NULL,
    keys BLOB NOT NULL
);
INSERT INTO search_indexes
SELECT generation, generation, bytes, checksum, rows_bytes, rows_checksum, NULL, NULL, details, keys
FROM search_indexes_before;
DROP TABLE search_indexes_before;
DROP INDEX stories_by_thread;
CREATE INDEX stories_by_thread ON stories (thread, id);
