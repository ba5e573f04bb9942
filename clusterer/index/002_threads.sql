-- Format 2: each story names its thread. Stories made before have none until the index is added to.
ALTER TABLE stories ADD COLUMN thread TEXT NOT NULL DEFAULT '';
CREATE INDEX stories_by_thread ON stories (thread);
