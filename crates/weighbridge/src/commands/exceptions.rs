//! What people have said beside the rules, wherever an artifact is shown.

use weighbridge_server::api::exceptions::ExceptionsView;

use super::break_glass::told;
use crate::output::{Lines, bold, printable};

/// Tells emergencies, waivers and approvals, one a line.
pub(super) fn tell(text: &mut Lines, exceptions: &ExceptionsView) {
    for glass in &exceptions.break_glass {
        text.add(format_args!("  {}: {}", bold("break-glass"), told(glass)));
    }
    for waiver in &exceptions.waivers {
        text.add(format_args!(
            "  {}: {} is set aside for `{}` until {} by {} ({}){}",
            bold("waiver"),
            waiver.rule,
            waiver.pattern,
            waiver.expires_at,
            printable(&waiver.granted_by),
            waiver.role,
            because(&waiver.because),
        ));
    }
    for approval in &exceptions.approvals {
        text.add(format_args!(
            "  {}: until {}, request {}{}",
            bold("approved"),
            approval.expires_at.as_deref().unwrap_or("it is taken back"),
            approval.request,
            match approval.conditions.as_str() {
                "" => String::new(),
                conditions => format!(", on condition: {}", printable(conditions)),
            },
        ));
    }
}

fn because(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {}", printable(text)) }
}
