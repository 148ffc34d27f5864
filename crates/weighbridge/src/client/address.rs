//! Addresses: of servers, and of operations with their parameters.

use std::fmt::Write as _;

use crate::failure::Failure;

/// The address of a server, without a slash at its end.
pub(super) fn checked(url: &str) -> Result<String, Failure> {
    let is_address = url.starts_with("http://") || url.starts_with("https://");
    if !is_address || url.contains(['?', '#', '@']) {
        return Err(Failure::new(format!("`{url}` is not the address of a server"))
            .hint("it looks like `https://weighbridge.example`"));
    }
    Ok(url.trim_end_matches('/').to_owned())
}

/// A path and its parameters, encoded; parameters without a value are left out.
pub(crate) fn query(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut text = path.to_owned();
    let mut separator = '?';
    for (name, value) in parameters {
        let Some(value) = value else { continue };
        text.push(separator);
        text.push_str(name);
        text.push('=');
        text.push_str(&encoded(value));
        separator = '&';
    }
    text
}

/// One segment of a path or one value of a query.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").ok();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_in_an_address_is_encoded() {
        let text =
            query("/why", &[("ref", Some("a/b@x&y")), ("environment", None), ("n", Some("é"))]);
        assert_eq!(text, "/why?ref=a%2Fb%40x%26y&n=%C3%A9");
    }
}
