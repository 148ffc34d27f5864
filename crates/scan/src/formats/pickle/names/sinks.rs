//! Names that can act: whole modules, and single names of modules that are otherwise mixed.

use weighbridge_domain::Hasher;

const COMMANDS: &str = "runs commands";
const CODE: &str = "runs code";
const IMPORTS: &str = "imports modules";
const FILES: &str = "opens files";
const NETWORK: &str = "reaches the network";
const UNPICKLES: &str = "loads other pickles";
const ATTRIBUTES: &str = "reaches any attribute";
const PROCESS: &str = "changes the running process";
const NATIVE: &str = "loads native code";
const HIGHER: &str = "calls what it is given";

/// Modules of which every name counts, with everything below them.
static MODULES: &[(&str, &str)] = &[
    ("_aix_support", COMMANDS),
    ("_ctypes", NATIVE),
    ("_frozen_importlib", IMPORTS),
    ("_frozen_importlib_external", IMPORTS),
    ("_imp", IMPORTS),
    ("_io", FILES),
    ("_osx_support", COMMANDS),
    ("_pickle", UNPICKLES),
    ("_posixsubprocess", COMMANDS),
    ("_pyio", FILES),
    ("_pyrepl", CODE),
    ("_pytest", CODE),
    ("_sitebuiltins", CODE),
    ("_socket", NETWORK),
    ("_thread", PROCESS),
    ("_winapi", COMMANDS),
    ("_xxinterpchannels", CODE),
    ("_xxsubinterpreters", CODE),
    ("aiohttp", NETWORK),
    ("antigravity", NETWORK),
    ("asyncio", COMMANDS),
    ("atexit", HIGHER),
    ("bdb", CODE),
    ("cffi", NATIVE),
    ("cgi", FILES),
    ("cgitb", FILES),
    ("cloudpickle", CODE),
    ("cmd", CODE),
    ("code", CODE),
    ("codeop", CODE),
    ("commands", COMMANDS),
    ("compileall", CODE),
    ("concurrent", HIGHER),
    ("contextlib", HIGHER),
    ("cPickle", UNPICKLES),
    ("cProfile", CODE),
    ("ctypes", NATIVE),
    ("curses", PROCESS),
    ("dbm", FILES),
    ("diffusers.utils.dynamic_modules_utils", CODE),
    ("dill", CODE),
    ("dis", CODE),
    ("distutils", COMMANDS),
    ("doctest", CODE),
    ("ensurepip", COMMANDS),
    ("fabric", COMMANDS),
    ("faulthandler", PROCESS),
    ("fcntl", PROCESS),
    ("fileinput", FILES),
    ("ftplib", NETWORK),
    ("gc", ATTRIBUTES),
    ("getpass", PROCESS),
    ("git", COMMANDS),
    ("glob", FILES),
    ("gradio", NETWORK),
    ("gzip", FILES),
    ("http", NETWORK),
    ("httplib", NETWORK),
    ("httpx", NETWORK),
    ("huggingface_hub", NETWORK),
    ("idlelib", CODE),
    ("imaplib", NETWORK),
    ("imp", IMPORTS),
    ("importlib", IMPORTS),
    ("importlib_metadata", IMPORTS),
    ("inspect", ATTRIBUTES),
    ("ipykernel", CODE),
    ("IPython", CODE),
    ("joblib.externals", CODE),
    ("jsonpickle", UNPICKLES),
    ("jupyter_core", CODE),
    ("lib2to3", CODE),
    ("linecache", FILES),
    ("logging.config", CODE),
    ("logging.handlers", NETWORK),
    ("mailbox", FILES),
    ("mailcap", COMMANDS),
    ("mako", CODE),
    ("marshal", CODE),
    ("mlflow", UNPICKLES),
    ("mmap", FILES),
    ("modulefinder", CODE),
    ("msvcrt", PROCESS),
    ("multiprocessing", COMMANDS),
    ("netrc", FILES),
    ("nntplib", NETWORK),
    ("nt", COMMANDS),
    ("ntpath", FILES),
    ("numba", CODE),
    ("numpy.distutils", COMMANDS),
    ("numpy.f2py", COMMANDS),
    ("numpy.testing", CODE),
    ("os", COMMANDS),
    ("paramiko", NETWORK),
    ("pdb", CODE),
    ("pexpect", COMMANDS),
    ("pickle", UNPICKLES),
    ("pickletools", UNPICKLES),
    ("pip", COMMANDS),
    ("pipes", COMMANDS),
    ("pkg_resources", IMPORTS),
    ("pkgutil", IMPORTS),
    ("platform", COMMANDS),
    ("popen2", COMMANDS),
    ("poplib", NETWORK),
    ("posix", COMMANDS),
    ("posixpath", FILES),
    ("profile", CODE),
    ("pstats", FILES),
    ("psutil", PROCESS),
    ("pty", COMMANDS),
    ("py_compile", CODE),
    ("pydoc", CODE),
    ("pytest", CODE),
    ("pythoncom", COMMANDS),
    ("ray.cloudpickle", CODE),
    ("readline", PROCESS),
    ("requests", NETWORK),
    ("resource", PROCESS),
    ("rlcompleter", CODE),
    ("runpy", CODE),
    ("sched", HIGHER),
    ("select", NETWORK),
    ("selectors", NETWORK),
    ("setuptools", COMMANDS),
    ("shelve", UNPICKLES),
    ("shlex", COMMANDS),
    ("shutil", FILES),
    ("signal", PROCESS),
    ("site", IMPORTS),
    ("sitecustomize", CODE),
    ("sklearn.datasets", NETWORK),
    ("smtpd", NETWORK),
    ("smtplib", NETWORK),
    ("socket", NETWORK),
    ("socketserver", NETWORK),
    ("sqlite3", FILES),
    ("ssl", NETWORK),
    ("subprocess", COMMANDS),
    ("sympy.parsing", CODE),
    ("symtable", CODE),
    ("sys", PROCESS),
    ("sysconfig", IMPORTS),
    ("tarfile", FILES),
    ("telnetlib", NETWORK),
    ("tempfile", FILES),
    ("tensorflow.python.ops.script_ops", CODE),
    ("test.support", CODE),
    ("threading", HIGHER),
    ("timeit", CODE),
    ("tkinter", CODE),
    ("torch._dynamo", CODE),
    ("torch._inductor", CODE),
    ("torch.distributed.elastic", COMMANDS),
    ("torch.distributed.launch", COMMANDS),
    ("torch.distributed.launcher", COMMANDS),
    ("torch.distributed.rpc", NETWORK),
    ("torch.distributed.run", COMMANDS),
    ("torch.fx", CODE),
    ("torch.hub", NETWORK),
    ("torch.multiprocessing", COMMANDS),
    ("torch.package", UNPICKLES),
    ("torch.utils._config_module", CODE),
    ("torch.utils.bottleneck", CODE),
    ("torch.utils.collect_env", COMMANDS),
    ("torch.utils.cpp_extension", NATIVE),
    ("torch.utils.data.datapipes", CODE),
    ("tornado.template", CODE),
    ("trace", CODE),
    ("tracemalloc", PROCESS),
    ("transformers.dynamic_module_utils", CODE),
    ("transformers.utils.hub", NETWORK),
    ("turtle", CODE),
    ("unittest", CODE),
    ("urllib", NETWORK),
    ("urllib2", NETWORK),
    ("urllib3", NETWORK),
    ("venv", COMMANDS),
    ("webbrowser", COMMANDS),
    ("win32api", COMMANDS),
    ("win32com", COMMANDS),
    ("winreg", PROCESS),
    ("wsgiref", NETWORK),
    ("xmlrpc", NETWORK),
    ("zipapp", CODE),
    ("zipfile", FILES),
    ("zipimport", IMPORTS),
];

/// Single names of modules that are otherwise mixed.
static NAMES: &[(&str, &str, &[&str])] = &[
    (
        "builtins",
        CODE,
        &[
            "eval",
            "exec",
            "execfile",
            "compile",
            "__build_class__",
            "breakpoint",
            "help",
            "input",
            "raw_input",
            "apply",
            "exit",
            "quit",
            "copyright",
            "credits",
            "license",
        ],
    ),
    ("builtins", IMPORTS, &["__import__", "reload", "__loader__", "__spec__"]),
    ("builtins", FILES, &["open", "file", "print"]),
    (
        "builtins",
        ATTRIBUTES,
        &[
            "getattr",
            "setattr",
            "delattr",
            "hasattr",
            "globals",
            "locals",
            "vars",
            "dir",
            "super",
            "property",
            "classmethod",
            "staticmethod",
            "memoryview",
        ],
    ),
    ("builtins", HIGHER, &["map", "filter", "callable", "reduce"]),
    ("_codecs", CODE, &["lookup", "register", "register_error", "decode"]),
    ("codecs", FILES, &["open", "EncodedFile", "StreamReader", "StreamWriter"]),
    ("io", FILES, &["open", "open_code", "FileIO", "OpenWrapper", "TextIOWrapper"]),
    ("operator", ATTRIBUTES, &["attrgetter", "methodcaller", "call", "setitem", "delitem"]),
    ("_operator", ATTRIBUTES, &["attrgetter", "methodcaller", "call", "setitem", "delitem"]),
    ("functools", HIGHER, &["reduce", "partialmethod", "singledispatch", "cached_property"]),
    ("_functools", HIGHER, &["reduce"]),
    (
        "itertools",
        HIGHER,
        &["starmap", "accumulate", "takewhile", "dropwhile", "filterfalse", "groupby"],
    ),
    (
        "types",
        CODE,
        &[
            "CodeType",
            "FunctionType",
            "LambdaType",
            "MethodType",
            "ModuleType",
            "new_class",
            "coroutine",
            "GenericAlias",
            "DynamicClassAttribute",
            "prepare_class",
        ],
    ),
    ("copyreg", PROCESS, &["add_extension", "remove_extension", "pickle", "constructor"]),
    ("copyreg", UNPICKLES, &["dispatch_table", "_extension_registry", "_inverted_registry"]),
    ("logging", FILES, &["FileHandler", "basicConfig", "addLevelName", "setLoggerClass"]),
    ("uuid", COMMANDS, &["_get_command_stdout", "_popen", "_netstat_getnode", "_ifconfig_getter"]),
    ("re", HIGHER, &["sub", "subn", "Scanner"]),
    ("string", ATTRIBUTES, &["Formatter"]),
    ("weakref", HIGHER, &["finalize", "WeakMethod"]),
    ("bz2", FILES, &["open", "BZ2File"]),
    ("lzma", FILES, &["open", "LZMAFile"]),
    ("xml.sax", NETWORK, &["parse", "make_parser"]),
    ("pathlib", FILES, &["_NormalAccessor", "_normal_accessor"]),
    ("joblib", UNPICKLES, &["load", "dump", "Parallel", "Memory"]),
    ("joblib.numpy_pickle", UNPICKLES, &["load", "load_temporary_memmap", "NumpyUnpickler"]),
    ("sklearn.externals.joblib", UNPICKLES, &["load"]),
    (
        "numpy",
        FILES,
        &[
            "load",
            "loadtxt",
            "genfromtxt",
            "fromfile",
            "memmap",
            "save",
            "savez",
            "savetxt",
            "fromregex",
            "DataSource",
        ],
    ),
    (
        "numpy",
        HIGHER,
        &["vectorize", "frompyfunc", "fromfunction", "apply_along_axis", "piecewise"],
    ),
    ("numpy.lib.npyio", UNPICKLES, &["load", "NpzFile", "loadtxt", "genfromtxt"]),
    ("numpy.lib.format", UNPICKLES, &["read_array", "open_memmap"]),
    ("numpy.lib._npyio_impl", UNPICKLES, &["load", "NpzFile", "loadtxt", "genfromtxt"]),
    ("torch", UNPICKLES, &["load", "save"]),
    ("torch", CODE, &["compile"]),
    ("torch.serialization", UNPICKLES, &["load", "save", "_load", "_legacy_load"]),
    ("torch.jit", CODE, &["load", "script", "trace", "CompilationUnit"]),
    ("torch.jit._script", CODE, &["CompilationUnit", "script"]),
    ("torch.jit.frontend", CODE, &["get_jit_def", "get_jit_class_def"]),
    ("torch.classes", NATIVE, &["load_library"]),
    ("torch.ops", NATIVE, &["load_library"]),
    ("torch._classes", NATIVE, &["load_library"]),
    ("torch._ops", NATIVE, &["load_library"]),
    ("torch.storage", UNPICKLES, &["_load"]),
    ("pandas", UNPICKLES, &["read_pickle", "read_hdf", "HDFStore"]),
    ("pandas", CODE, &["eval"]),
    ("pandas", FILES, &["read_csv", "read_json", "read_html", "read_excel", "read_sql"]),
    ("pandas.io.pickle", UNPICKLES, &["read_pickle", "loads", "load"]),
    ("pandas.compat.pickle_compat", UNPICKLES, &["load", "loads", "Unpickler"]),
    ("joblib.parallel", HIGHER, &["Parallel", "BatchedCalls", "delayed"]),
    ("joblib.memory", HIGHER, &["Memory", "MemorizedFunc", "MemorizedResult"]),
    ("pandas.core.computation.eval", CODE, &["eval"]),
    ("sympy", CODE, &["sympify", "parse_expr", "lambdify", "S"]),
    ("sympy.core.sympify", CODE, &["sympify"]),
    ("yaml", CODE, &["load", "unsafe_load", "full_load", "load_all", "unsafe_load_all"]),
    ("transformers", NETWORK, &["pipeline", "AutoModel", "AutoTokenizer", "AutoConfig"]),
    ("transformers.pipelines", NETWORK, &["pipeline"]),
    ("PIL", FILES, &["Image", "ImageMath"]),
    ("PIL.Image", FILES, &["open"]),
    ("PIL.ImageMath", CODE, &["eval", "unsafe_eval"]),
    ("jinja2", CODE, &["Template", "Environment"]),
    ("jinja2.environment", CODE, &["Template", "Environment"]),
    ("datasets", NETWORK, &["load_dataset"]),
    ("tensorflow", FILES, &["io", "py_function", "numpy_function", "load_library"]),
    ("tensorflow.python.framework.load_library", NATIVE, &["load_library", "load_op_library"]),
    ("keras.models", UNPICKLES, &["load_model"]),
    ("tensorflow.keras.models", UNPICKLES, &["load_model"]),
];

/// What a name does, when it is known to act.
pub(super) fn find(module: &str, name: &str) -> Option<&'static str> {
    let first = name.split('.').next().unwrap_or(name);
    let named = NAMES
        .iter()
        .find(|(of, _, names)| *of == module && (names.contains(&name) || names.contains(&first)));
    if let Some((_, deed, _)) = named {
        return Some(deed);
    }
    // `a.b.c` may be the module `a.b` with the name `c`, or the class `c` of it: both are below.
    let mut prefix = module;
    loop {
        if let Ok(index) = MODULES.binary_search_by(|(known, _)| order(known, prefix)) {
            return MODULES.get(index).map(|(_, deed)| *deed);
        }
        prefix = prefix.rsplit_once('.')?.0;
    }
}

/// Modules that others import under their own name, or with an underscore before it.
static REACHED: &[&str] = &[
    "asyncio",
    "builtins",
    "cffi",
    "ctypes",
    "ftplib",
    "imp",
    "importlib",
    "marshal",
    "multiprocessing",
    "nt",
    "os",
    "pickle",
    "pkgutil",
    "popen2",
    "posix",
    "pty",
    "requests",
    "runpy",
    "shutil",
    "socket",
    "subprocess",
    "sys",
    "telnetlib",
    "threading",
    "urllib",
    "webbrowser",
];

/// Whether a name is that of a module which can act.
pub(super) fn is_module(name: &str) -> bool {
    REACHED.contains(&name)
}

fn order(known: &str, wanted: &str) -> std::cmp::Ordering {
    let lower = |text: &str| text.to_ascii_lowercase();
    lower(known).cmp(&lower(wanted)).then_with(|| known.cmp(wanted))
}

pub(super) fn table(hasher: &mut Hasher) {
    for (module, deed) in MODULES {
        hasher.update(format!("{module}: {deed}\n").as_bytes());
    }
    for (module, deed, names) in NAMES {
        hasher.update(format!("{module}: {deed} {names:?}\n").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_table_is_sorted_as_it_is_searched() {
        for pair in MODULES.windows(2) {
            assert!(order(pair[0].0, pair[1].0).is_lt(), "{} {}", pair[0].0, pair[1].0);
        }
    }
}
