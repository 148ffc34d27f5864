-- What people were told about a waiver that ends: once ahead, once when it has ended.

ALTER TABLE waiver ADD COLUMN expiring_told_at BIGINT;
ALTER TABLE waiver ADD COLUMN expired_told_at BIGINT;

CREATE INDEX waiver_ending ON waiver (expires_at) WHERE revoked_at IS NULL AND expired_told_at IS NULL;
