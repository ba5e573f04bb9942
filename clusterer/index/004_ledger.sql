-- Format 4: what became of stories, event by event. `members` are the articles that came (born, grew, split) or left
-- (shrank, merged, retired), ids as JSON, but for those that were purged; `moved` is how many they were, `size` the story's
-- size afterwards, `other` the story that it was split from or merged into. To apply all events of a story in order gives
-- its members. Of stories made before, the birth is told here.
CREATE TABLE ledger (
    number INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL,
    recorded_epoch REAL NOT NULL,
    event TEXT NOT NULL,
    story TEXT NOT NULL,
    other TEXT,
    size INTEGER NOT NULL,
    moved INTEGER NOT NULL,
    members TEXT NOT NULL
);
CREATE INDEX ledger_by_story ON ledger (story);
CREATE INDEX ledger_by_other ON ledger (other);
CREATE INDEX ledger_by_generation ON ledger (generation);
CREATE INDEX ledger_by_time ON ledger (recorded_epoch);

INSERT INTO ledger (generation, recorded_epoch, event, story, size, moved, members)
SELECT
    (SELECT CAST(value AS INTEGER) FROM manifest WHERE key = 'generation'),
    CAST(strftime('%s', 'now') AS REAL),
    'born',
    id,
    size,
    size,
    (SELECT json_group_array(articles.id) FROM articles WHERE story = stories.id)
FROM stories ORDER BY id;
