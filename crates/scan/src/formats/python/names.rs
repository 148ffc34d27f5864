//! Which calls matter in source code: less than in a pickle, where nothing ought to be called.

use weighbridge_domain::Hasher;

use crate::formats::callable::Named;

/// What acts when it is called, of modules that are otherwise ordinary: the beginnings of names.
const ACTING: &[(&str, &[&str])] = &[
    ("os", &["exec", "fork", "popen", "posix_spawn", "spawn", "startfile", "system"]),
    ("asyncio", &["create_subprocess"]),
    ("multiprocessing", &["Process"]),
    ("platform", &["popen"]),
];

/// Names that act in a pickle and are ordinary in a program.
const ORDINARY: &[&str] = &[
    "_pytest",
    "asyncio",
    "builtins.breakpoint",
    "builtins.compile",
    "builtins.exit",
    "builtins.help",
    "builtins.input",
    "builtins.quit",
    "cmd",
    "distutils",
    "doctest",
    "getpass",
    "git",
    "gradio",
    "http.HTTPStatus",
    "huggingface_hub",
    "IPython",
    "jinja2",
    "jupyter_core",
    "mako",
    "mlflow",
    "multiprocessing",
    "numba",
    "numpy",
    "os",
    "pdb",
    "platform",
    "psutil",
    "pydoc",
    "pytest",
    "ray",
    "requests.exceptions",
    "select",
    "selectors",
    "setuptools",
    "shlex",
    "sklearn",
    "ssl",
    "subprocess.CompletedProcess",
    "symtable",
    "sympy",
    "tensorflow",
    "timeit",
    "tkinter",
    "torch.compile",
    "torch.distributed",
    "torch.fx",
    "torch.jit",
    "torch.multiprocessing",
    "torch.utils",
    "torch._dynamo",
    "torch._inductor",
    "trace",
    "transformers",
    "types",
    "unittest",
    "urllib.parse",
    "urllib3.util",
    "urllib3.disable_warnings",
    "datasets",
    "venv",
];

/// Built-in functions that run what they are given.
const RUNNING: &[&str] = &["builtins.eval", "builtins.exec", "builtins.compile"];

/// What turns bytes into other bytes, or fetches them: the beginnings of names.
const HIDING: &[&str] = &[
    "base64.",
    "binascii.",
    "bz2.decompress",
    "bytes.fromhex",
    "codecs.decode",
    "gzip.decompress",
    "httpx.",
    "lzma.decompress",
    "marshal.",
    "requests.",
    "urllib.request.",
    "urllib3.",
    "zlib.decompress",
];

/// How a call acts, if it does; the name is given in full.
pub(super) fn acts(full: &str) -> Option<&'static str> {
    let (module, name) = full.rsplit_once('.')?;
    let is_acting = ACTING
        .iter()
        .any(|(of, names)| *of == module && names.iter().any(|start| name.starts_with(start)));
    if is_acting {
        return Some("runs commands");
    }
    let below = |known: &&str| {
        full.strip_prefix(*known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    // Constants and exceptions are no deeds.
    let is_constant = name.chars().all(|c| c.is_uppercase() || c == '_') || name.ends_with("Error");
    if is_constant || ORDINARY.iter().any(below) {
        return None;
    }
    let loads = ["load", "open", "read_pickle", "Unpickler"].iter().any(|s| name.starts_with(s));
    match Named::of(module, name) {
        Named::Acts("loads other pickles") => loads.then_some("loads other pickles"),
        Named::Acts(
            how @ ("runs commands" | "runs code" | "reaches the network" | "loads native code"),
        ) => Some(how),
        _ => None,
    }
}

/// Whether a call runs the text or code that it is given.
pub(super) fn runs(full: &str) -> bool {
    RUNNING.contains(&full)
}

/// Whether a call gives what the source does not show.
pub(super) fn hides(full: &str) -> bool {
    HIDING.iter().any(|start| full.starts_with(start))
}

/// Feeds the tables into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    hasher.update(format!("{ACTING:?}{ORDINARY:?}{RUNNING:?}{HIDING:?}").as_bytes());
}
