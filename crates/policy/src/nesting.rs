//! How much work a text makes for the Rego parser, before it is parsed.
//!
//! The parser tries a bracket as a comprehension first and as a list or a set afterwards, and again for
//! every bracket inside: thirty of them, one in the other, take longer than anybody lives.

use crate::complaint::Complaint;

/// How often what stands in a bracket may be read again. Each kind multiplies.
const SQUARE: u64 = 3;
const CURLY: u64 = 4;
const ROUND: u64 = 2;

/// How many characters may be read in all, the repeated ones counted each time.
const MAX_WORK: u64 = 8_000_000;

/// A complaint about a text whose brackets would keep the parser busy.
pub(crate) fn bounded(file: &str, text: &str) -> Result<(), Complaint> {
    let mut open: Vec<u64> = Vec::new();
    let mut factor = 1_u64;
    let mut work = 0_u64;
    let mut line = 1_u32;
    let mut letters = text.bytes();
    while let Some(letter) = letters.next() {
        work = work.saturating_add(factor);
        if work > MAX_WORK {
            let what = format!("its brackets stand too deep in each other ({} here)", open.len());
            let remedy = "write it flatter: give the parts names, as rules or functions";
            return Err(Complaint::error(file, Some(line), what, remedy));
        }
        match letter {
            b'\n' => line = line.saturating_add(1),
            b'#' => {
                letters.by_ref().find(|letter| *letter == b'\n');
                line = line.saturating_add(1);
            }
            b'"' => {
                // A text ends with its line: what comes after an open one is no Rego, and not read.
                while let Some(letter) = letters.next() {
                    match letter {
                        b'\\' => drop(letters.next()),
                        b'"' => break,
                        b'\n' => {
                            line = line.saturating_add(1);
                            break;
                        }
                        _ => {}
                    }
                }
            }
            b'`' => {
                for letter in letters.by_ref().take_while(|letter| *letter != b'`') {
                    line = line.saturating_add(u32::from(letter == b'\n'));
                }
            }
            b'[' | b'{' | b'(' => {
                let times = match letter {
                    b'[' => SQUARE,
                    b'{' => CURLY,
                    _ => ROUND,
                };
                open.push(factor);
                factor = factor.saturating_mul(times);
            }
            b']' | b'}' | b')' => factor = open.pop().unwrap_or(1),
            _ => {}
        }
    }
    Ok(())
}
