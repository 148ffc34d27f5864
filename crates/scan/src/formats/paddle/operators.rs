//! What Paddle's operators can do to the machine that runs them: by default, nobody knows.

use std::collections::HashSet;
use std::sync::LazyLock;

use weighbridge_domain::Hasher;

/// Operators that call Python, write files or talk to other machines.
const ACT: &[&str] = &[
    "checkpoint_notify",
    "fetch_barrier",
    "heter_listen_and_serv",
    "listen_and_serv",
    "prefetch",
    "py_func",
    "py_layer",
    "pylayer",
    "recv",
    "recv_save",
    "save",
    "save_combine",
    "send",
    "send_and_recv",
    "send_barrier",
    "sparse_tensor_load",
];

/// Operators that read files, or hand over to an engine that lies in the program.
const READ: &[&str] = &[
    "accuracy_check",
    "anakin_engine",
    "check_numerics",
    "create_custom_reader",
    "dlnne_engine",
    "lite_engine",
    "load",
    "load_combine",
    "onnxruntime_engine",
    "openvino_engine",
    "read_file",
    "tensorrt_engine",
];

/// Every operator of Paddle 3.3 that only computes, and those of Paddle 1 and 2, without the ends that tell
/// their gradients and variants.
static COMPUTING: &str = include_str!("computing.txt");

static COMPUTE: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| COMPUTING.split_whitespace().collect());

/// Ends of names: what works in place, gradients, kernels of sparse tensors.
const VARIANTS: &[&str] =
    &["_", "_grad", "_double", "_triple", "_sp", "_sr", "_coo", "_csr", "_dense", "_dr"];

/// What an operator does beyond computing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Acts,
    Reads,
    Computes,
    /// Nobody knows.
    Unlisted,
}

/// What an operator does.
pub(super) fn effect(kind: &str) -> Effect {
    let mut name = kind;
    loop {
        if ACT.contains(&name) {
            return Effect::Acts;
        } else if READ.contains(&name) {
            return Effect::Reads;
        } else if COMPUTE.contains(name) {
            return Effect::Computes;
        }
        let Some(base) = VARIANTS.iter().find_map(|end| name.strip_suffix(end)) else {
            return Effect::Unlisted;
        };
        name = base;
    }
}

/// Feeds the tables into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    hasher.update(format!("{ACT:?}{READ:?}{VARIANTS:?}{COMPUTING}").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_knows_is_not_taken_for_computing() {
        for (kind, wanted) in [
            ("conv2d", Effect::Computes),
            ("elementwise_add_grad", Effect::Computes),
            ("matmul_double_grad", Effect::Computes),
            ("batch_norm_", Effect::Computes),
            ("relu_coo_grad_sp", Effect::Computes),
            ("py_func_grad", Effect::Acts),
            ("save_combine", Effect::Acts),
            ("load", Effect::Reads),
            ("acme_run", Effect::Unlisted),
            ("_grad", Effect::Unlisted),
            ("", Effect::Unlisted),
        ] {
            assert_eq!(effect(kind), wanted, "{kind}");
        }
        let both = |name: &&&str| COMPUTE.contains(**name);
        assert_eq!(ACT.iter().chain(READ).find(both), None);
    }
}
