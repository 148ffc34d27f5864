-- Bytes that were found bad after they had been released: by whom, why, and what they were called then.

CREATE TABLE recall (
    digest TEXT NOT NULL PRIMARY KEY REFERENCES blob (digest),
    id TEXT NOT NULL,
    artifact TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    path TEXT NOT NULL,
    recalled_by TEXT NOT NULL,
    because TEXT NOT NULL,
    recalled_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX recall_id ON recall (id);
