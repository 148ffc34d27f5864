"""One file per measure. Each takes the yard and answers with rows; an exception there is a measure not taken."""
