-- Format 2: each story names its thread, and each article says how much of its text its family's original shares. Stories
-- made before have no thread until the index is added to.
ALTER TABLE stories ADD COLUMN thread TEXT NOT NULL DEFAULT '';
CREATE INDEX stories_by_thread ON stories (thread);
ALTER TABLE articles ADD COLUMN overlap REAL NOT NULL DEFAULT 1;

DROP VIEW article_records;
CREATE VIEW article_records AS
SELECT
    id, headline, body, language, url, source, published, role, part_of, headline_derived, keywords, extra, location,
    content_hash, family, story, strength, overlap
FROM articles JOIN contents USING (number);
