-- Format 1. Times named *_epoch are seconds since 1970 UTC; other times are ISO 8601 in UTC; keywords, languages, sources,
-- extra and details are JSON.

CREATE TABLE manifest (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Arrays that belong to the model, such as the means of languages: the bytes of .npy files.
CREATE TABLE constants (
    name TEXT PRIMARY KEY,
    array BLOB NOT NULL
);

-- The files vectors/headline-<generation>.npy and vectors/body-<generation>.npy, of equal shape. A retired segment holds no
-- article any more, but readers of the state before may: its files stay until the next change of vectors.
CREATE TABLE segments (
    generation INTEGER PRIMARY KEY,
    rows INTEGER NOT NULL,
    dimension INTEGER NOT NULL,
    headline_checksum INTEGER NOT NULL,
    body_checksum INTEGER NOT NULL,
    retired INTEGER
);

-- The files search-<generation>.faiss; keys are the ids of families in the order of the index's rows, each ended
-- by a NUL, as a blob; older ones are JSON.
CREATE TABLE search_indexes (
    generation INTEGER PRIMARY KEY,
    bytes INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    details TEXT NOT NULL,
    keys TEXT NOT NULL
);

CREATE TABLE stories (
    id TEXT PRIMARY KEY,
    headline TEXT NOT NULL,
    size INTEGER NOT NULL,
    languages TEXT NOT NULL,
    sources TEXT NOT NULL,
    first_published TEXT,
    last_published TEXT,
    last_epoch REAL,
    keywords TEXT NOT NULL
);

CREATE TABLE families (
    id TEXT PRIMARY KEY REFERENCES articles (id) DEFERRABLE INITIALLY DEFERRED,
    size INTEGER NOT NULL
) WITHOUT ROWID;

-- What is filtered, ordered and regrouped. The long texts are kept apart, so that neither regrouping nor moving vectors
-- rewrites them.
CREATE TABLE articles (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    content_hash TEXT NOT NULL,
    language TEXT NOT NULL,
    published_epoch REAL,
    segment INTEGER NOT NULL REFERENCES segments (generation) DEFERRABLE INITIALLY DEFERRED,
    row INTEGER NOT NULL,
    family TEXT REFERENCES families (id) DEFERRABLE INITIALLY DEFERRED,
    story TEXT REFERENCES stories (id) DEFERRABLE INITIALLY DEFERRED,
    strength REAL,
    UNIQUE (segment, row)
);

CREATE TABLE contents (
    number INTEGER PRIMARY KEY REFERENCES articles (number) ON DELETE CASCADE,
    headline TEXT NOT NULL,
    body TEXT NOT NULL,
    url TEXT,
    source TEXT,
    published TEXT,
    role TEXT NOT NULL,
    part_of TEXT,
    headline_derived INTEGER NOT NULL,
    keywords TEXT NOT NULL,
    extra TEXT NOT NULL,
    location TEXT NOT NULL
);

CREATE VIEW article_records AS
SELECT
    id, headline, body, language, url, source, published, role, part_of, headline_derived, keywords, extra, location,
    content_hash, family, story, strength
FROM articles JOIN contents USING (number);

CREATE INDEX articles_by_content ON articles (content_hash, id, segment, row);
CREATE INDEX articles_by_language ON articles (language, published_epoch, family);
CREATE INDEX articles_by_published ON articles (published_epoch);
CREATE INDEX articles_by_story ON articles (story, language, published_epoch);
CREATE INDEX articles_by_family ON articles (family);
CREATE INDEX stories_by_size ON stories (size DESC, last_epoch DESC, id);
