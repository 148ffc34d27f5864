//! Which calls matter in source code: less than in a pickle, where nothing ought to be called.

use unicode_normalization::UnicodeNormalization as _;
use weighbridge_domain::Hasher;

use super::allowed::WRITES;
use crate::formats::callable::Named;

/// What acts when it is called, of modules that are otherwise ordinary: the beginnings of names.
const ACTING: &[(&str, &[&str])] = &[
    ("os", &["exec", "fork", "popen", "posix_spawn", "spawn", "startfile", "system"]),
    ("asyncio", &["create_subprocess"]),
    ("multiprocessing", &["Process"]),
    ("platform", &["popen"]),
    ("distutils.spawn", &["spawn"]),
    ("pydoc", &["pager", "pipepager", "tempfilepager"]),
    ("pip", &["main"]),
    ("pip._internal", &["main"]),
    ("pip._internal.cli.main", &["main"]),
];

/// The like, that runs code.
const RUNS_CODE: &[(&str, &[&str])] = &[
    ("pdb", &["run"]),
    ("site", &["addsitedir"]),
    ("sys.meta_path", &["append", "insert"]),
    ("sys.path_hooks", &["append", "insert"]),
    ("timeit", &["repeat", "timeit"]),
    ("types", &["CodeType", "FunctionType"]),
];

/// The like, that loads native code.
const NATIVE: &[(&str, &[&str])] = &[
    ("numpy.f2py", &["compile"]),
    ("tensorflow", &["load_library", "load_op_library"]),
    ("torch.utils.cpp_extension", &["load"]),
];

/// The like, that reaches the network.
const REACHING: &[(&str, &[&str])] =
    &[("ftplib", &["FTP"]), ("smtplib", &["SMTP"]), ("telnetlib", &["Telnet"])];

/// What takes away what is on the machine, and the name of a function to the letter.
const DELETING: &[&str] =
    &["os.remove", "os.removedirs", "os.rmdir", "os.truncate", "os.unlink", "shutil.rmtree"];
/// What puts others in the place of files.
const CHANGING: &[&str] = &[
    "os.chmod",
    "os.link",
    "os.rename",
    "os.renames",
    "os.replace",
    "os.symlink",
    "shutil.copy",
    "shutil.copy2",
    "shutil.copyfile",
    "shutil.copytree",
    "shutil.move",
    "winreg.SetValue",
    "winreg.SetValueEx",
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
    "pip",
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
    "subprocess.list2cmdline",
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

/// Modules whose functions nobody needs to pick by a name that is worked out.
const SINKS: &[&str] = &["nt", "os", "posix", "subprocess"];

/// What calls the functions that it is given: now, later, or beside the program.
const CALLING: &[&str] = &[
    "_thread.start_new_thread",
    "asyncio.create_task",
    "asyncio.ensure_future",
    "asyncio.run",
    "atexit.register",
    "builtins.filter",
    "builtins.map",
    "functools.reduce",
    "multiprocessing.Process",
    "signal.signal",
    "sys.setprofile",
    "sys.settrace",
    "threading.Thread",
    "threading.Timer",
    "threading.setprofile",
    "threading.settrace",
    "weakref.finalize",
];

/// Modules of that kind that others import, and that are reached through them.
const THROUGH: &[&str] = &["builtins", "ctypes", "importlib", "pty", "socket", "sys"];

/// What opens connections to anybody.
const CONNECTING: &[&str] = &[
    "asyncio.open_connection",
    "socket.create_connection",
    "socket.create_server",
    "socket.socket",
];

/// Functions that run commands, in whatever module: few others are called so.
const COMMANDS: &[&str] = &[
    "Popen",
    "check_call",
    "check_output",
    "execl",
    "execlp",
    "execv",
    "execve",
    "execvp",
    "getoutput",
    "getstatusoutput",
    "popen",
    "posix_spawn",
    "spawnl",
    "spawnv",
    "system",
];

/// What imports a module by a text.
const IMPORTING: &[&str] =
    &["builtins.__import__", "importlib.__import__", "importlib.import_module"];

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
    "huggingface_hub.hf_hub_download",
    "lzma.decompress",
    "marshal.",
    "requests.",
    "urllib.request.",
    "urllib3.",
    "zlib.decompress",
];

/// How a call acts, if it does; the name is given in full, and may lead through modules that import what acts:
/// `shutil.os.system`.
pub(super) fn acts(full: &str) -> Option<&'static str> {
    acts_by_name(full).or_else(|| {
        let inner = full.match_indices('.').find_map(|(at, _)| {
            let rest = full.get(at + 1..)?;
            let (module, _) = rest.split_once('.')?;
            (is_sink(module) || THROUGH.contains(&module)).then_some(rest)
        })?;
        acts_by_name(inner)
    })
}

fn acts_by_name(full: &str) -> Option<&'static str> {
    let (module, name) = full.rsplit_once('.')?;
    let is_one = |(of, names): &(&str, &[&str])| {
        *of == module && names.iter().any(|start| name.starts_with(start))
    };
    for (table, how) in [
        (ACTING, "runs commands"),
        (RUNS_CODE, "runs code"),
        (NATIVE, "loads native code"),
        (REACHING, "reaches the network"),
    ] {
        if table.iter().any(is_one) {
            return Some(how);
        }
    }
    let below = |known: &&str| {
        full.strip_prefix(*known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if DELETING.contains(&full) {
        return Some("deletes files");
    }
    if CHANGING.contains(&full) {
        return Some(WRITES);
    }
    if module == "ctypes" && name.ends_with("DLL") {
        return Some("loads native code");
    }
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

/// Whether it is a function that runs commands or code, and that others can call for the program.
pub(super) fn is_handed_over(full: &str) -> bool {
    let is_function =
        full.rsplit('.').next().is_some_and(|name| name.starts_with(|c: char| c.is_lowercase()));
    let acts = matches!(acts(full), Some("runs commands" | "runs code"));
    is_function && acts && !full.starts_with("builtins.compile")
}

/// Whether it calls the functions that it is given.
pub(super) fn calls_what_it_gets(full: &str) -> bool {
    CALLING.contains(&full)
}

/// Whether it opens a connection by itself, below any protocol.
pub(super) fn connects(full: &str) -> bool {
    CONNECTING.contains(&full)
}

/// Whether a module holds little else than functions that act.
pub(super) fn is_sink(module: &str) -> bool {
    SINKS.contains(&module)
}

/// Whether a command is one that programs run to look around or to install a package from the usual index.
pub(super) fn is_usual_command<'t>(texts: impl Iterator<Item = &'t str>) -> bool {
    let mut words = Vec::new();
    for text in texts.take(32) {
        if text.len() > 400 || text.contains([';', '|', '&', '`', '$', '>', '<', '\n']) {
            return false;
        }
        words.extend(text.split_whitespace());
    }
    let is_url = words.iter().any(|word| word.contains("://") || word.starts_with("git+"));
    let at = usize::from(words.first() == Some(&"-m"));
    let at = if matches!(words.as_slice(), ["python" | "python3", "-m", ..]) { 2 } else { at };
    !is_url
        && match words.get(at..).unwrap_or_default() {
            ["pip" | "pip3", "install" | "uninstall" | "list" | "show", rest @ ..] => {
                !rest.iter().any(|word| {
                    word.starts_with("--extra-index")
                        || word.starts_with("--index")
                        || *word == "-i"
                })
            }
            ["git", "rev-parse" | "describe" | "log" | "status" | "diff", ..]
            | [
                "nvidia-smi" | "nvcc" | "rocm-smi" | "rocminfo" | "uname" | "lscpu" | "ffmpeg"
                | "ffprobe" | "ninja",
                ..,
            ] => true,
            _ => false,
        }
}

/// Whether Python reads the name as another one, in plain letters (PEP 3131): `os.ｓystem`. Small letters above and below
/// the line are usual in formulas, and hide nothing but a name that matters.
pub(super) fn is_disguised(name: &str) -> bool {
    if name.is_ascii() || name.chars().nth(1).is_none() {
        return false;
    }
    let read: String = name.nfkc().take(40).collect();
    let is_letter =
        |c: char| matches!(c, '\u{17f}' | '\u{ff10}'..='\u{ff5a}' | '\u{1d400}'..='\u{1d7ff}');
    let matters = || {
        is_sink(&read)
            || is_command(&read)
            || RUNNING.iter().chain(IMPORTING).any(|full| full.rsplit('.').next() == Some(&read))
    };
    read.is_ascii() && (name.chars().any(is_letter) || matters())
}

/// Whether a call runs the text or code that it is given.
pub(super) fn runs(full: &str) -> bool {
    RUNNING.contains(&full)
}

/// Whether a call imports the module that a text names.
pub(super) fn imports(full: &str) -> bool {
    IMPORTING.contains(&full)
}

/// Whether a function of any module that is called so runs commands.
pub(super) fn is_command(name: &str) -> bool {
    COMMANDS.contains(&name)
}

/// Whether it loads a pickle from bytes.
pub(super) fn unpickles(full: &str) -> bool {
    full.rsplit('.').next() == Some("loads") && acts(full) == Some("loads other pickles")
}

/// Whether a call gives what the source does not show.
pub(super) fn hides(full: &str) -> bool {
    HIDING.iter().any(|start| full.starts_with(start))
}

/// Feeds the tables into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    hasher.update(
        format!("{ACTING:?}{RUNS_CODE:?}{NATIVE:?}{REACHING:?}{DELETING:?}{CHANGING:?}{ORDINARY:?}{SINKS:?}{THROUGH:?}{CALLING:?}{RUNNING:?}{HIDING:?}{COMMANDS:?}{IMPORTING:?}")
            .as_bytes(),
    );
}
