-- Which artifacts' sources gave the bytes of a blob. A name for bytes is no right to them: they are reused
-- for an artifact whose source gave them, and for everybody only when one that is open to all did.

CREATE TABLE blob_origin (
    digest TEXT NOT NULL REFERENCES blob (digest),
    artifact_id TEXT NOT NULL REFERENCES artifact (id),
    PRIMARY KEY (digest, artifact_id)
);

INSERT INTO blob_origin (digest, artifact_id)
SELECT DISTINCT revision_file.digest, revision.artifact_id
FROM revision_file
JOIN revision ON revision.id = revision_file.revision_id
WHERE revision_file.digest IS NOT NULL;
