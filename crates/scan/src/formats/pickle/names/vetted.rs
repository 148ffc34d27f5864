//! Names that are harmless in the roles listed here.
//!
//! [`WEIGHTS_ONLY`] copies the restrictions of `PyTorch`'s own restricted unpickler
//! (`torch/_weights_only_unpickler.py`); the other tables add value types of the standard library
//! and of common libraries whose restoring code was read.

mod estimators;
mod libraries;
mod objects;
mod torch;

pub(in crate::formats::pickle) use libraries::UFUNCS;

use weighbridge_domain::Hasher;

use super::{Check, Roles, Vetted};

/// One line: names of a module with the same roles.
pub(super) struct Line {
    module: &'static str,
    names: &'static [&'static str],
    vetted: Vetted,
}

const fn line(
    module: &'static str,
    roles: Roles,
    check: Check,
    names: &'static [&'static str],
) -> Line {
    Line { module, names, vetted: Vetted { roles, check } }
}

/// Only named, never called.
const VALUE: Roles = Roles::VALUE;
/// A function.
const CALL: Roles = VALUE.and(Roles::CALL);
/// A function that must not be handed to anything else.
const ONLY_CALL: Roles = Roles::CALL;
/// A class whose objects are complete once they are made.
const CLASS: Roles = CALL.and(Roles::NEW);
/// A class whose objects take a state.
const STATE: Roles = CLASS.and(Roles::BUILD);
/// A class whose objects are restored from a state, and never made by a call.
const OBJECT: Roles = VALUE.and(Roles::NEW).and(Roles::BUILD);
/// A function whose result takes a state.
const CALL_STATE: Roles = CALL.and(Roles::BUILD);
/// A mapping.
const MAPPING: Roles = STATE.and(Roles::ITEMS);
/// A sequence.
const SEQUENCE: Roles = STATE.and(Roles::APPEND);

/// What `torch.load(weights_only=True)` lets through.
static WEIGHTS_ONLY: &[Line] = &[
    line("collections", MAPPING, Check::Contents, &["OrderedDict", "Counter"]),
    line("torch.nn.parameter", STATE, Check::Any, &["Parameter", "Buffer"]),
    line("torch.serialization", CALL, Check::Any, &["_get_layout"]),
    line("torch", STATE, Check::Any, &["Size", "Tensor", "device"]),
    line("_codecs", CALL, Check::Codec, &["encode"]),
    line("builtins", CLASS, Check::Any, &["complex"]),
    line("builtins", CLASS, Check::Contents, &["bytearray"]),
    line("builtins", CLASS.and(Roles::APPEND), Check::Contents, &["set"]),
    line(
        "torch",
        VALUE,
        Check::Any,
        &[
            "float",
            "float16",
            "float32",
            "float64",
            "double",
            "half",
            "bfloat16",
            "int8",
            "int16",
            "int32",
            "int64",
            "short",
            "int",
            "long",
            "uint8",
            "bool",
            "bcomplex32",
            "complex32",
            "complex64",
            "complex128",
            "chalf",
            "cfloat",
            "cdouble",
            "qint8",
            "quint8",
            "qint32",
            "quint4x2",
            "quint2x4",
            "bits8",
            "bits16",
            "bits1x8",
            "bits2x4",
            "bits4x2",
            "uint16",
            "uint32",
            "uint64",
            "uint1",
            "uint2",
            "uint3",
            "uint4",
            "uint5",
            "uint6",
            "uint7",
            "int1",
            "int2",
            "int3",
            "int4",
            "int5",
            "int6",
            "int7",
            "float8_e5m2",
            "float8_e4m3fn",
            "float8_e5m2fnuz",
            "float8_e4m3fnuz",
            "float8_e8m0fnu",
            "float4_e2m1fn_x2",
            "strided",
            "sparse_coo",
            "sparse_csr",
            "sparse_csc",
            "sparse_bsr",
            "sparse_bsc",
            "_mkldnn",
            "jagged",
            "per_tensor_affine",
            "per_tensor_symmetric",
            "per_channel_affine",
            "per_channel_symmetric",
            "per_channel_affine_float_qparams",
            "contiguous_format",
            "channels_last",
            "channels_last_3d",
            "preserve_format",
        ],
    ),
    line("torch", VALUE.and(Roles::CALL), Check::Any, STORAGES),
    line("torch.cuda", VALUE.and(Roles::CALL), Check::Any, STORAGES),
    line(
        "torch.storage",
        VALUE.and(Roles::CALL),
        Check::Any,
        &["TypedStorage", "UntypedStorage", "_TypedStorage", "_UntypedStorage"],
    ),
    line("torch", STATE, Check::Any, TENSORS),
    line("torch.cuda", STATE, Check::Any, TENSORS),
    line("torch.sparse", STATE, Check::Any, TENSORS),
    line("torch.cuda.sparse", STATE, Check::Any, TENSORS),
    line(
        "torch._utils",
        CALL_STATE,
        Check::Tensor,
        &["_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3"],
    ),
    line(
        "torch._utils",
        CALL_STATE,
        Check::Any,
        &[
            "_rebuild_parameter",
            "_rebuild_parameter_with_state",
            "_rebuild_qtensor",
            "_rebuild_sparse_tensor",
            "_rebuild_sparse_csr_tensor",
            "_rebuild_meta_tensor_no_storage",
            "_rebuild_nested_tensor",
            "_rebuild_wrapper_subclass",
            "_rebuild_device_tensor_from_numpy",
            "_rebuild_device_tensor_from_cpu_tensor",
            "_rebuild_xla_tensor",
        ],
    ),
    line(
        "torch._tensor",
        ONLY_CALL.and(Roles::BUILD),
        Check::CallsFirst,
        &["_rebuild_from_type_v2", "_rebuild_from_type"],
    ),
];

static STORAGES: &[&str] = &[
    "FloatStorage",
    "DoubleStorage",
    "HalfStorage",
    "BFloat16Storage",
    "LongStorage",
    "IntStorage",
    "ShortStorage",
    "CharStorage",
    "ByteStorage",
    "BoolStorage",
    "ComplexDoubleStorage",
    "ComplexFloatStorage",
    "QUInt8Storage",
    "QInt8Storage",
    "QInt32Storage",
    "QUInt4x2Storage",
    "QUInt2x4Storage",
];

static TENSORS: &[&str] = &[
    "FloatTensor",
    "DoubleTensor",
    "HalfTensor",
    "BFloat16Tensor",
    "LongTensor",
    "IntTensor",
    "ShortTensor",
    "CharTensor",
    "ByteTensor",
    "BoolTensor",
];

/// Value types of the standard library.
static STANDARD: &[Line] = &[
    line("builtins", CLASS, Check::Contents, &["bytes", "tuple", "frozenset"]),
    line("builtins", CLASS, Check::Range, &["range"]),
    line("builtins", CLASS, Check::Number, &["int"]),
    line("statistics", OBJECT, Check::Any, &["NormalDist"]),
    line("operator", CALL, Check::Any, &["itemgetter"]),
    line("operator", ONLY_CALL, Check::Getter, &["attrgetter"]),
    line(
        "builtins",
        CLASS,
        Check::Any,
        &[
            "float",
            "bool",
            "str",
            "slice",
            "NotImplemented",
            "Ellipsis",
            "None",
            "False",
            "True",
            "enumerate",
            "reversed",
            "zip",
            "iter",
        ],
    ),
    line("builtins", STATE, Check::Any, &["object"]),
    line("builtins", SEQUENCE, Check::Contents, &["list"]),
    line("builtins", MAPPING, Check::Contents, &["dict"]),
    line("builtins", CALL, Check::One, &["type"]),
    line("builtins", ONLY_CALL, Check::Attribute, &["getattr"]),
    line("builtins", STATE, Check::Any, EXCEPTIONS),
    line("types", CLASS, Check::Any, &["NoneType", "EllipsisType", "NotImplementedType"]),
    line("types", STATE, Check::Any, &["SimpleNamespace"]),
    line("types", CALL, Check::Any, &["MappingProxyType"]),
    line(
        "copyreg",
        CALL_STATE.and(Roles::ITEMS).and(Roles::APPEND),
        Check::MakesFirst,
        &["_reconstructor", "__newobj__"],
    ),
    line(
        "copyreg",
        CALL_STATE.and(Roles::ITEMS).and(Roles::APPEND),
        Check::MakesFirst,
        &["__newobj_ex__"],
    ),
    line("collections", SEQUENCE, Check::Contents, &["deque"]),
    line("collections", MAPPING, Check::Factory, &["defaultdict"]),
    line("collections", MAPPING, Check::Contents, &["ChainMap", "UserDict"]),
    line("collections", SEQUENCE, Check::Contents, &["UserList", "UserString"]),
    line(
        "datetime",
        CLASS,
        Check::Any,
        &["date", "datetime", "time", "timedelta", "timezone", "timezone.utc"],
    ),
    line("zoneinfo", VALUE, Check::Any, &["ZoneInfo"]),
    line("zoneinfo", CALL, Check::Any, &["ZoneInfo._unpickle"]),
    line("decimal", CLASS, Check::Number, &["Decimal"]),
    line("fractions", CLASS, Check::Number, &["Fraction"]),
    line("uuid", STATE, Check::Any, &["UUID", "SafeUUID"]),
    line("pathlib", CLASS, Check::Any, PATHS),
    line("pathlib._local", CLASS, Check::Any, PATHS),
    line(
        "ipaddress",
        CLASS,
        Check::Any,
        &["IPv4Address", "IPv6Address", "IPv4Network", "IPv6Network"],
    ),
    line("array", CALL, Check::Contents, &["_array_reconstructor", "array"]),
    line("random", CALL_STATE, Check::Any, &["Random"]),
    line("itertools", CALL_STATE, Check::Any, &["count", "cycle", "repeat", "chain", "islice"]),
    line("functools", CALL_STATE, Check::Partial, &["partial"]),
    line("re", CALL, Check::Any, &["_compile", "RegexFlag"]),
    line("argparse", STATE, Check::Any, &["Namespace"]),
    line("time", CLASS, Check::Any, &["struct_time"]),
    line("logging", CALL, Check::Any, &["getLogger"]),
    line("io", STATE, Check::Any, &["BytesIO", "StringIO"]),
    line("_io", STATE, Check::Any, &["BytesIO", "StringIO"]),
    line("http", CALL, Check::Any, &["HTTPStatus"]),
];

static PATHS: &[&str] =
    &["PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath", "Path", "PurePath"];

static EXCEPTIONS: &[&str] = &[
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "BaseException",
    "BufferError",
    "EOFError",
    "Exception",
    "FloatingPointError",
    "ImportError",
    "IndexError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "MemoryError",
    "NameError",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "RuntimeError",
    "RuntimeWarning",
    "StopIteration",
    "TimeoutError",
    "TypeError",
    "UnicodeDecodeError",
    "UnicodeEncodeError",
    "UnicodeError",
    "UserWarning",
    "ValueError",
    "Warning",
    "ZeroDivisionError",
];

pub(super) fn find(module: &str, name: &str) -> Option<Vetted> {
    // numpy 2 moved `numpy.core` to `numpy._core` and reads both.
    let moved = module
        .strip_prefix("numpy.core")
        .filter(|rest| rest.is_empty() || rest.starts_with('.'))
        .map(|rest| format!("numpy._core{rest}"));
    let module = moved.as_deref().unwrap_or(module);
    if is_distribution(module, name) {
        return Some(Vetted { roles: OBJECT, check: Check::Distribution });
    }
    if estimators::has(module, name) {
        return Some(Vetted { roles: OBJECT, check: Check::Any });
    }
    let listed = [WEIGHTS_ONLY, STANDARD, libraries::LIBRARIES, torch::TORCH]
        .into_iter()
        .flatten()
        .find(|line| line.module == module && line.names.contains(&name))
        .map(|line| line.vetted);
    listed.or_else(|| {
        let roles = if objects::has_object(module, name) {
            OBJECT
        } else if objects::has_value(module, name) {
            VALUE
        } else {
            return None;
        };
        Some(Vetted { roles, check: Check::Any })
    })
}

/// Distributions of scipy: their code for restoring objects is that of `rv_generic`.
fn is_distribution(module: &str, name: &str) -> bool {
    let is_word = || name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match module.strip_prefix("scipy.stats.") {
        Some("_continuous_distns" | "_discrete_distns" | "_levy_stable") => {
            name == "rv_histogram" || (name.ends_with("_gen") && is_word())
        }
        Some("_distn_infrastructure") => {
            matches!(name, "rv_continuous" | "rv_discrete" | "rv_sample")
        }
        _ => false,
    }
}

pub(super) fn table(hasher: &mut Hasher) {
    for line in [WEIGHTS_ONLY, STANDARD, libraries::LIBRARIES, torch::TORCH].into_iter().flatten() {
        let text = format!("{} {:?} {:?}\n", line.module, line.vetted, line.names);
        hasher.update(text.as_bytes());
    }
    for text in estimators::lines().chain(objects::lines()) {
        hasher.update(text.as_bytes());
    }
}
