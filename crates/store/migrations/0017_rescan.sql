-- What lies here is looked at again by new rules, the smallest first; how far that is, is counted.

CREATE INDEX blob_size ON blob (size_bytes, digest);
CREATE INDEX scan_ruleset ON scan (ruleset);
CREATE INDEX repository_scan_ruleset ON repository_scan (ruleset);
