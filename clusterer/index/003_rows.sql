-- Format 3: beside each search index lies the file search-<generation>.rows, with the words and the names of its families.
-- An index made before has none: it is made anew when the index is next written.
ALTER TABLE search_indexes ADD COLUMN rows_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE search_indexes ADD COLUMN rows_checksum INTEGER NOT NULL DEFAULT 0;
DELETE FROM search_indexes;
