-- The life of a request: the whole questionnaire, what the decision table came to, whose part it is and until
-- when, what people say to each other, and what they were told about an approval that ends.

ALTER TABLE request ADD COLUMN use_case TEXT NOT NULL DEFAULT '';
ALTER TABLE request ADD COLUMN residency TEXT;
ALTER TABLE request ADD COLUMN affected TEXT;
ALTER TABLE request ADD COLUMN reviews TEXT NOT NULL DEFAULT '[]';
ALTER TABLE request ADD COLUMN checks TEXT NOT NULL DEFAULT '[]';
ALTER TABLE request ADD COLUMN table_digest TEXT;
ALTER TABLE request ADD COLUMN question_by TEXT;
ALTER TABLE request ADD COLUMN question_at BIGINT;
-- Who can act on it now, as `|role:person|role:|`: derived, so that it can be searched.
ALTER TABLE request ADD COLUMN awaits TEXT NOT NULL DEFAULT '';
-- The first moment at which a part is late, and the first that nobody was told of.
ALTER TABLE request ADD COLUMN due_at BIGINT;
ALTER TABLE request ADD COLUMN next_due_at BIGINT;
ALTER TABLE request ADD COLUMN expiring_told_at BIGINT;
ALTER TABLE request ADD COLUMN expired_told_at BIGINT;

UPDATE request SET awaits = '|approver:|' WHERE state = 'open' AND lane = 'short';
UPDATE request SET awaits = '|security-reviewer:|compliance-reviewer:|approver:|'
WHERE state = 'open' AND lane <> 'short';

CREATE INDEX request_next_due ON request (next_due_at) WHERE state = 'open' AND next_due_at IS NOT NULL;
CREATE INDEX request_ending ON request (expires_at) WHERE state = 'approved' AND expired_told_at IS NULL;

CREATE TABLE request_note (
    id TEXT NOT NULL PRIMARY KEY,
    request_id TEXT NOT NULL REFERENCES request (id),
    kind TEXT NOT NULL,
    author TEXT NOT NULL,
    role TEXT NOT NULL,
    text TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX request_note_request ON request_note (request_id, id);
