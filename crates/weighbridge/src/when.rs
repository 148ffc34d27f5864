//! When something ends, as people write it: `90d`, `12h`, `30m`, or a moment in RFC 3339.

use std::time::Duration;

use weighbridge_domain::{Clock, Timestamp};

/// When something ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// After that time, from now.
    After(Duration),
    /// At that moment.
    At(Timestamp),
}

impl When {
    /// The moment.
    pub(crate) fn moment(self) -> Timestamp {
        match self {
            When::After(time) => Clock::system().now().plus(time),
            When::At(moment) => moment,
        }
    }

    /// Reads it.
    pub(crate) fn parse(text: &str) -> Result<When, String> {
        if let Some(moment) = Timestamp::from_rfc3339(text) {
            return Ok(When::At(moment));
        }
        let wrong = || format!("`{text}` is neither `90d`, `12h`, `30m` nor a moment in RFC 3339");
        let (last, unit) = text.char_indices().next_back().ok_or_else(wrong)?;
        let count = text.get(..last).ok_or_else(wrong)?;
        let count: u64 = count.parse().map_err(|_| wrong())?;
        let seconds = match unit {
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            _ => return Err(wrong()),
        };
        let seconds: u64 = count
            .checked_mul(seconds)
            .filter(|all| (1..=3_155_760_000).contains(all))
            .ok_or_else(wrong)?;
        Ok(When::After(Duration::from_secs(seconds)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_while_from_now_or_a_moment() {
        assert_eq!(When::parse("90d"), Ok(When::After(Duration::from_hours(2160))));
        let moment = Timestamp::from_rfc3339("2030-01-01T00:00:00Z").unwrap();
        assert_eq!(When::parse("2030-01-01T00:00:00Z"), Ok(When::At(moment)));
        for bad in ["", "d", "0d", "9y", "-1d", "99999999999999d", "é"] {
            assert!(When::parse(bad).is_err(), "{bad}");
        }
    }
}
