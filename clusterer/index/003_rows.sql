-- Format 3: beside each search index lies the file search-<generation>.rows, with the words, names, languages and days of
-- its families. An index made before has none: it is made anew when the index is next written. The keys come last, being
-- long: what stands behind them is slow to read.
DROP TABLE search_indexes;
CREATE TABLE search_indexes (
    generation INTEGER PRIMARY KEY,
    bytes INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    rows_bytes INTEGER NOT NULL,
    rows_checksum INTEGER NOT NULL,
    details TEXT NOT NULL,
    keys BLOB NOT NULL
);
