//! States that classes run when they restore an object.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use weighbridge_scan::samples::pickle::Assembler;
use weighbridge_scan::{Limits, scan_bytes};

/// The rule of the worst finding, or the verdict when there is none.
fn worst(bytes: &[u8]) -> String {
    let path = "model.pkl".parse().expect("a path");
    let report = scan_bytes(&path, bytes, &Limits::default());
    let worst = report.findings.iter().max_by_key(|finding| finding.severity);
    worst.map_or_else(|| report.verdict().to_string(), |finding| finding.rule.clone())
}

/// A pickle that restores an object of a class from a state, a dictionary of texts.
fn restored(module: &str, name: &str, state: &[(&str, &str)]) -> Vec<u8> {
    let mut stream =
        format!("c{module}\n{name}\n)\u{81}}}(").chars().map(|c| c as u8).collect::<Vec<_>>();
    for (key, value) in state {
        for text in [key, value] {
            stream.push(b'X');
            stream.extend(u32::try_from(text.len()).expect("a short text").to_le_bytes());
            stream.extend_from_slice(text.as_bytes());
        }
    }
    stream.extend_from_slice(b"ub");
    Assembler::new(2).raw(&stream).stop()
}

#[test]
fn a_distribution_runs_scipys_own_source_and_no_other() {
    let usual = "\ndef _parse_args(self, a, b,  loc=0, scale=1):\n    return (a, b, ), loc, scale\n\n\
        def _parse_args_rvs(self, a, b,  loc=0, scale=1, size=None):\n    \
        return self._argcheck_rvs(a, b,  loc, scale, size=size)\n\n\
        def _parse_args_stats(self, a, b,  loc=0, scale=1, moments='mv'):\n    \
        return (a, b, ), loc, scale, moments\n";
    let continuous = "scipy.stats._continuous_distns";
    let beta = |state: &[(&str, &str)]| worst(&restored(continuous, "beta_gen", state));
    assert!(beta(&[("name", "beta"), ("_parse_arg_template", usual)]).starts_with("clean"));
    let own = usual.replace("loc, scale, moments", "loc, print(scale), moments");
    for state in [
        &[("_parse_arg_template", own.as_str())][..],
        &[("_parse_arg_template", usual), ("_parse_arg_template", "print(1)")],
        &[("_parse_arg_template", usual), ("_attach_methods", "x")],
    ] {
        assert!(beta(state).starts_with("WB-PICKLE-STATE"), "{}", beta(state));
    }
    // Whatever the class is called, it may be one of scipy's in disguise.
    let other = worst(&restored("mine", "beta_gen", &[("_parse_arg_template", "print(1)")]));
    assert!(other.starts_with("WB-PICKLE-STATE"), "{other}");
    let pairs = b"cscipy.stats._continuous_distns\nbeta_gen\n)\x81(U\x13_parse_arg_templateU\x08print(1)\x86tb";
    let pairs = worst(&Assembler::new(2).raw(pairs).stop());
    assert!(pairs.starts_with("WB-PICKLE-STATE"), "{pairs}");
}

#[test]
fn a_model_that_evaluates_code_in_its_formula_is_dangerous() {
    let model = |formula| {
        let state = [("restore_design_info", "1"), ("formula", formula)];
        worst(&restored("statsmodels.base.data", "PandasData", &state))
    };
    assert!(model("y ~ __import__('os').getpid()").starts_with("WB-PICKLE-STATE"));
    assert!(model("y ~ x + np.log(z)").starts_with("WB-PICKLE-UNLISTED"));
}
