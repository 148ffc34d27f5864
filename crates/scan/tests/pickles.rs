//! Ways round scanners, one test each, and pickles that must not be mistaken for them.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use weighbridge_domain::{RepoPath, ScanReport, Verdict};
use weighbridge_scan::samples::pickle::{Assembler, calling, making, plain};
use weighbridge_scan::{Limits, scan_bytes};

fn scan(bytes: &[u8]) -> ScanReport {
    scan_as("model.pkl", bytes)
}

fn scan_as(name: &str, bytes: &[u8]) -> ScanReport {
    let path: RepoPath = name.parse().expect("a path");
    scan_bytes(&path, bytes, &Limits::default())
}

/// The rule, the message and the evidence of the worst finding.
fn worst(bytes: &[u8]) -> String {
    let report = scan(bytes);
    let worst = report.findings.iter().max_by_key(|finding| finding.severity);
    worst.map_or_else(
        || format!("{}: {:?}", report.verdict(), report.unexamined),
        |finding| format!("{} {} [{}]", finding.rule, finding.message, finding.evidence),
    )
}

#[test]
fn a_call_is_told_with_its_arguments_and_its_place() {
    let report = scan(&calling("os", "system", "id"));
    let finding = &report.findings[0];
    assert_eq!(finding.message, "pickle calls os.system");
    assert_eq!(finding.evidence, "os.system('id')");
    assert_eq!(finding.place.offset, Some(22));
    assert_eq!(report.format.as_str(), "pickle");
}

#[test]
fn python_2_names_are_the_python_3_names_that_would_run() {
    assert!(worst(&calling("commands", "getoutput", "id")).contains("calls subprocess.getoutput"));
    assert!(worst(&calling("__builtin__", "eval", "1")).contains("calls builtins.eval"));
}

#[test]
fn every_opcode_that_calls_is_a_call() {
    let stream = |raw: &[u8]| Assembler::new(2).raw(raw).stop();
    for raw in [
        b"(S'id'\nios\nsystem\n".as_slice(),
        b"(cos\nsystem\nS'id'\no",
        b"cos\nsystem\nU\x02id\x85\x81",
        b"cos\nsystem\nU\x02id\x85}\x92",
        b"cos\nsystem\nq\x00U\x02id\x85R0N",
        b"N(cos\nsystem\nU\x02ido1",
    ] {
        let told = worst(&stream(raw));
        assert!(told.starts_with("WB-PICKLE-CALL pickle calls os.system"), "{raw:?}: {told}");
    }
}

#[test]
fn a_call_on_a_line_that_never_ends_is_one_for_the_reader_written_in_python() {
    // It takes all but the last byte for the name.
    let report = scan(b"\x80\x04(S'id'\nios\nsystem.");
    let said: Vec<&str> = report.findings.iter().map(|found| found.message.as_str()).collect();
    assert!(said.contains(&"pickle calls os.system"), "{said:?}");
    let harmless = scan(b"\x80\x02]q\x00ccollections\nOrdered");
    assert_eq!(harmless.verdict(), Verdict::Unknown, "{:?}", harmless.findings);
}

#[test]
fn names_taken_over_the_stack_and_the_memo_are_names() {
    let told = worst(
        &Assembler::new(4)
            .text("system")
            .raw(b"\x94")
            .raw(b"0")
            .text("os")
            .raw(b"h\x00\x93")
            .text("id")
            .raw(b"\x85R")
            .stop(),
    );
    assert!(told.starts_with("WB-PICKLE-CALL pickle calls os.system"), "{told}");
}

#[test]
fn escapes_in_protocol_0_do_not_hide_names() {
    let told = worst(b"\x80\x04V\\u006fs\nVsystem\n\x93(Vid\ntR.");
    assert!(told.starts_with("WB-PICKLE-CALL pickle calls os.system"), "{told}");
}

#[test]
fn dotted_names_and_modules_behind_modules_are_escapes() {
    for (module, name) in [("random", "_os.system"), ("acme", "os"), ("acme", "a.b.c")] {
        let told = worst(&Assembler::new(4).global(module, name).text("id").raw(b"\x85R").stop());
        assert!(told.starts_with("WB-PICKLE-ESCAPE"), "{told}");
    }
}

#[test]
fn names_that_are_computed_are_dangerous() {
    let computed = Assembler::new(4)
        .text("os")
        .global("acme", "join")
        .text("sys")
        .raw(b"\x85R\x93")
        .text("id")
        .raw(b"\x85R")
        .stop();
    assert!(worst(&computed).starts_with("WB-PICKLE-"));
    assert_eq!(scan(&computed).verdict(), Verdict::Dangerous);
    let extension = Assembler::new(2).raw(b"\x82\x01").text("id").raw(b"\x85R").stop();
    assert!(worst(&extension).starts_with("WB-PICKLE-DYNAMIC"));
}

#[test]
fn the_result_of_a_call_is_not_called() {
    let chain = Assembler::new(4)
        .global("builtins", "getattr")
        .global("collections", "OrderedDict")
        .text("fromkeys")
        .raw(b"\x86R")
        .text("id")
        .raw(b"\x85R")
        .stop();
    let told = worst(&chain);
    assert!(told.contains("builtins.getattr(collections.OrderedDict, 'fromkeys')('id')"), "{told}");
    assert_eq!(scan(&chain).verdict(), Verdict::Dangerous);
}

#[test]
fn functions_classes_and_modules_are_not_written_to() {
    for raw in [
        b"ccollections\nOrderedDict\n}U\x01aK\x01sb".as_slice(),
        b"ctorch\nTensor\n(K\x01K\x02u",
        b"cnumpy\nndarray\nK\x01a",
    ] {
        let told = worst(&Assembler::new(2).raw(raw).stop());
        assert!(told.starts_with("WB-PICKLE-MUTATE"), "{told}");
    }
}

#[test]
fn what_ran_before_the_stream_breaks_still_counts() {
    let mut broken = calling("os", "system", "id");
    broken.pop();
    broken.extend(b"\xff\xff");
    let report = scan(&broken);
    assert_eq!(report.verdict(), Verdict::Dangerous);
    assert_eq!(report.unexamined.len(), 1);
    let cut = &plain(2)[..10];
    assert_eq!(scan(cut).verdict(), Verdict::Unknown);
}

#[test]
fn later_streams_and_bytes_behind_them_are_looked_at() {
    let mut stacked = plain(2);
    stacked.extend(plain(4));
    assert_eq!(scan(&stacked).verdict(), Verdict::Clean);
    stacked.extend(calling("os", "system", "id"));
    assert_eq!(scan(&stacked).verdict(), Verdict::Dangerous);

    let mut hidden = plain(2);
    hidden.extend(b"\xff\xfe\xfd some junk");
    assert_eq!(scan(&hidden).verdict(), Verdict::Unknown);
    hidden.extend(calling("os", "system", "id"));
    assert!(worst(&hidden).starts_with("WB-PICKLE-HIDDEN"));

    let mut padded = plain(2);
    padded.extend([0; 100]);
    assert_eq!(scan(&padded).verdict(), Verdict::Clean);
}

#[test]
fn frames_that_readers_disagree_about_are_dangerous() {
    // A text that reaches over the end of its frame.
    let crossing = b"\x80\x04\x95\x04\x00\x00\x00\x00\x00\x00\x00\x8c\x08abcdefgh.".to_vec();
    assert!(worst(&crossing).starts_with("WB-PICKLE-FRAME"), "{}", worst(&crossing));
    let nested =
        b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x95\x02\x00\x00\x00\x00\x00\x00\x00N.";
    assert!(worst(nested).starts_with("WB-PICKLE-FRAME"), "{}", worst(nested));
    let framed = b"\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00N.";
    assert_eq!(scan(framed).verdict(), Verdict::Clean);
}

#[test]
fn unknown_names_are_for_a_person_to_look_at() {
    assert!(worst(&making("acme.nets", "Net")).starts_with("WB-PICKLE-UNLISTED-CLASS"));
    assert!(worst(&calling("acme.nets", "build", "large")).starts_with("WB-PICKLE-UNLISTED-CALL"));
    let imported = Assembler::new(2).global("acme.nets", "Net").stop();
    assert!(worst(&imported).starts_with("WB-PICKLE-UNLISTED-IMPORT"));
    for argument in ["curl x | sh", "import os", "/etc/passwd", "http://example.com"] {
        let told = worst(&calling("acme.nets", "build", argument));
        assert!(told.starts_with("WB-PICKLE-SUSPECT-CALL"), "{told}");
    }
    let dropped = Assembler::new(2).global("acme", "go").raw(b")R0N").stop();
    assert!(worst(&dropped).starts_with("WB-PICKLE-SUSPECT-CALL"));
}

#[test]
fn a_flood_of_harmless_findings_does_not_hide_a_call() {
    let mut stream = Assembler::new(2).raw(b"(");
    for index in 0..5000 {
        stream = stream.global("acme.nets", &format!("Net{index}"));
    }
    let flood = stream.raw(b"t0").global("os", "system").text("id").raw(b"\x85R").stop();
    assert!(worst(&flood).starts_with("WB-PICKLE-CALL"));
}

#[test]
fn vetted_names_keep_to_their_roles() {
    let clean = |raw: &[u8]| scan(&Assembler::new(2).raw(raw).stop()).verdict();
    assert_eq!(clean(b"ccollections\ndefaultdict\nc__builtin__\nlist\n\x85R"), Verdict::Clean);
    assert_eq!(clean(b"ccollections\ndefaultdict\nctorch\nfloat32\n\x85R"), Verdict::Review);
    assert_eq!(clean(b"c_codecs\nencode\nX\x01\x00\x00\x00aU\x06latin1\x86R"), Verdict::Clean);
    assert_eq!(clean(b"c_codecs\nencode\nX\x01\x00\x00\x00aU\x05rot13\x86R"), Verdict::Review);
    // `getattr` handed on to something else that would call it.
    assert_eq!(clean(b"ccollections\ndeque\n(c__builtin__\ngetattr\nt\x85R"), Verdict::Review);
    assert_eq!(clean(b"c__builtin__\ntype\nN\x85R"), Verdict::Clean);
    assert_eq!(clean(b"c__builtin__\ntype\nU\x01a)}\x87R"), Verdict::Review);
    assert_eq!(clean(b"cnumpy.core\n_ufunc_reconstruct\nU\x05numpyU\x03add\x86R"), Verdict::Clean);
    assert_eq!(
        clean(b"cnumpy.core\n_ufunc_reconstruct\nU\x02osU\x06system\x86R"),
        Verdict::Dangerous
    );
}

#[test]
fn bytes_handed_to_torch_load_are_looked_into() {
    let nested = |inner: &[u8]| {
        let size = u32::try_from(inner.len()).expect("small").to_le_bytes();
        Assembler::new(3)
            .global("torch.storage", "_load_from_bytes")
            .raw(b"B")
            .raw(&size)
            .raw(inner)
            .raw(b"\x85R")
            .stop()
    };
    assert_eq!(scan(&nested(&plain(2))).verdict(), Verdict::Clean);
    let report = scan(&nested(&calling("os", "system", "id")));
    assert_eq!(report.verdict(), Verdict::Dangerous);
    assert_eq!(report.findings[0].place.member, "bytes at 39");
    assert_ne!(scan(&nested(b"\x00\x01\x02")).verdict(), Verdict::Clean);
}

#[test]
fn bytes_that_protocols_0_to_2_write_as_texts_are_looked_into_too() {
    let latin1 = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
    let call = b"\x86R\x85R.";
    let nested = |inner: &[u8], encoding: &str| {
        let text = latin1(inner);
        let size = u32::try_from(text.len()).expect("small").to_le_bytes();
        let named = b"\x80\x02ctorch.storage\n_load_from_bytes\nc_codecs\nencode\nX";
        let name = [b"X".as_slice(), &[u8::try_from(encoding.len()).unwrap(), 0, 0, 0]].concat();
        [named, &size[..], text.as_bytes(), &name, encoding.as_bytes(), call].concat()
    };
    let in_a_line = |inner: &[u8]| {
        let escaped: Vec<String> = inner.iter().map(|byte| format!("\\u{byte:04x}")).collect();
        let named = "ctorch.storage\n_load_from_bytes\n(c_codecs\nencode\n(V";
        [named.as_bytes(), escaped.concat().as_bytes(), b"\nVlatin1\ntRtR."].concat()
    };
    assert_eq!(scan(&nested(&plain(2), "latin1")).verdict(), Verdict::Clean);
    assert_eq!(scan(&in_a_line(&plain(2))).verdict(), Verdict::Clean);
    let hostile = calling("os", "system", "id\u{e9}");
    for bytes in [nested(&hostile, "latin1"), in_a_line(&hostile), nested(&hostile, "utf-7")] {
        assert_eq!(scan(&bytes).verdict(), Verdict::Dangerous);
    }
    assert!(worst(&in_a_line(&hostile)).starts_with("WB-PICKLE-CALL pickle calls os.system"));
    assert_eq!(scan(&nested(b"\x00\x01\x02", "latin1")).verdict(), Verdict::Unknown);
}

#[test]
fn tensors_stay_inside_their_storage() {
    let tensor = |elements: u8| {
        let id = [b"(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK".as_slice(), &[elements]]
            .concat();
        Assembler::new(2)
            .raw(b"ctorch._utils\n_rebuild_tensor_v2\n(")
            .raw(&id)
            .raw(b"tQK\x00K\x02K\x02\x86K\x02K\x01\x86\x89)tR")
            .stop()
    };
    assert_eq!(scan(&tensor(4)).verdict(), Verdict::Clean);
    assert!(worst(&tensor(3)).starts_with("WB-TORCH-STORAGE"));
}

#[test]
fn text_is_not_taken_for_a_pickle() {
    for text in [
        "import os\nprint(1)\n",
        "config\nname\nvalue\n",
        "(import this\nthat)\n",
        "class Foo\nbar baz\n",
        "N.B. this is a note\n",
        "I\n.\n",
        "# A model\n\nIt is good.\n",
        "Version 2\n",
        "cos",
    ] {
        let report = scan_as("notes.txt", text.as_bytes());
        assert_eq!(report.verdict(), Verdict::Clean, "{text:?}: {report:?}");
        assert_eq!(report.format.as_str(), "text", "{text:?}");
    }
}

#[test]
fn a_budget_that_runs_out_is_unknown() {
    let limits = Limits { pickle_steps: 5000, ..Limits::default() };
    let long = Assembler::new(2).raw(&b"N0".repeat(10_000)).raw(b"N").stop();
    let path: RepoPath = "a.pkl".parse().expect("a path");
    let report = scan_bytes(&path, &long, &limits);
    assert_eq!(report.verdict(), Verdict::Unknown);
    assert!(report.unexamined[0].why.contains("5000 pickle opcodes"), "{report:?}");
}

#[test]
fn what_is_too_much_to_follow_is_unknown_and_its_rest_is_looked_at_for_danger() {
    let many = |rest: &[u8]| {
        let mut bytes = b"\x80\x02(".to_vec();
        bytes.extend(b"ccollections\nOrderedDict\n)R".repeat(700_000));
        bytes.extend_from_slice(rest);
        bytes.extend_from_slice(b"l.");
        bytes
    };
    let harmless = scan(&many(b""));
    assert_eq!(harmless.verdict(), Verdict::Unknown, "{:?}", harmless.findings);
    let why = &harmless.unexamined[0].why;
    assert!(why.ends_with("it makes more objects than can be followed"), "{why}");
    let acts = scan(&many(b"cos\nsystem\nU\x02id\x85R"));
    assert_ne!(acts.verdict(), Verdict::Clean);
    let lists = [b"](".as_slice(), &b"K\x01".repeat(64), b"e"].concat().repeat(120_000);
    assert_eq!(scan(&[b"\x80\x02(".as_slice(), &lists, b"l."].concat()).verdict(), Verdict::Clean);
}

#[test]
fn deep_and_wide_pickles_end() {
    let deep = Assembler::new(2).raw(&b"]".repeat(200_000)).raw(&b"a".repeat(199_999)).stop();
    assert_eq!(scan(&deep).verdict(), Verdict::Dangerous);
    let marks = Assembler::new(2).raw(&b"(".repeat(300_000)).raw(b"N").stop();
    assert_eq!(scan(&marks).verdict(), Verdict::Clean);
}

#[test]
fn filling_with_nothing_is_no_end_of_the_stream() {
    // The C reader never looks at what it puts nothing into.
    for start in [b"K\x01(e".as_slice(), b"N(u", b"\x88(\x90", b"\x96\x01\0\0\0\0\0\0\0x(K\x01e"] {
        let stream =
            Assembler::new(5).raw(start).global("os", "system").text("id").raw(b"\x85R").stop();
        assert!(worst(&stream).starts_with("WB-PICKLE-CALL"), "{start:?}");
    }
}

#[test]
fn a_stream_without_a_protocol_that_breaks_late_is_a_pickle_all_the_same() {
    let told = worst(b"cos\nsystem\n0cno such\nname\n.");
    assert!(told.starts_with("WB-PICKLE-IMPORT pickle imports os.system"), "{told}");
}

#[test]
fn values_that_begin_like_opcodes_are_unknown_and_not_dangerous() {
    for values in [
        b"\x82\x1a\x83\xdd\xfd\xbe\x00\x00".as_slice(),
        b"I1\x00\n\xbe\xff",
        b"]\x83\x01\x02N\x85R\xff",
        b"0\x84\x01\x02\x03\x04\xee",
    ] {
        for name in ["train.bin", "weights.dat", "shard.pt"] {
            let report = scan_as(name, values);
            assert_eq!(report.verdict(), Verdict::Unknown, "{name} {values:?}: {report:?}");
        }
    }
    // What has a name in it acts before it breaks; what ends is a pickle.
    for values in [b"cos\nsystem\nI1\x00\n\xbe".as_slice(), b"\x82\x1a."] {
        assert_eq!(scan_as("train.bin", values).verdict(), Verdict::Dangerous);
    }
}

#[test]
fn tensors_are_not_filled_like_containers() {
    for fill in [b"U\x01aNs".as_slice(), b"(K\x01e"] {
        let stream = [b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(K\x01tR", fill, b"."].concat();
        assert!(worst(&stream).starts_with("WB-TORCH-STORAGE"), "{}", worst(&stream));
    }
}

#[test]
fn objects_that_libraries_only_fill_are_clean() {
    for (module, class) in [
        ("torch.nn.modules.fold", "Fold"),
        ("torch.optim.radam", "RAdam"),
        ("torch.optim.lr_scheduler", "CyclicLR"),
        ("torch.distributed.checkpoint.metadata", "Metadata"),
        ("pandas.arrays", "IntegerArray"),
        ("xgboost.sklearn", "XGBClassifier"),
        ("lightgbm.basic", "Booster"),
        ("gensim.models.keyedvectors", "KeyedVectors"),
    ] {
        assert_eq!(scan(&making(module, class)).verdict(), Verdict::Clean, "{module}.{class}");
        // Filled, not called.
        assert_ne!(
            scan(&calling(module, class, "x")).verdict(),
            Verdict::Clean,
            "{module}.{class}"
        );
    }
}

#[test]
fn methods_of_vetted_objects_may_be_kept_and_not_called() {
    let taken = |name: &str| {
        Assembler::new(2)
            .global("builtins", "getattr")
            .tuple(|inner| inner.global("torch.optim.swa_utils", "SWALR").text(name))
            .reduce()
    };
    assert_eq!(scan(&taken("_cosine_anneal").stop()).verdict(), Verdict::Clean);
    assert_eq!(scan(&taken("__globals__").stop()).verdict(), Verdict::Dangerous);
    let called = taken("_cosine_anneal").tuple(|inner| inner.text("x")).reduce().stop();
    assert_eq!(scan(&called).verdict(), Verdict::Dangerous);
    let own = Assembler::new(2)
        .global("builtins", "getattr")
        .tuple(|inner| inner.global("acme.optim", "Own").raw(b")\x81").text("_step"))
        .reduce()
        .stop();
    assert_eq!(scan(&own).verdict(), Verdict::Dangerous);
}

#[test]
fn a_getter_of_items_is_kept_and_never_called() {
    let getter = |raw: &[u8]| worst(&Assembler::new(2).raw(raw).stop());
    assert_eq!(getter(b"coperator\nitemgetter\nK\x01K\x02\x86R"), "clean: []");
    let called = getter(b"coperator\nitemgetter\nK\x01\x85RN\x85R");
    assert!(called.starts_with("WB-PICKLE-ESCAPE"), "{called}");
}

#[test]
fn what_a_loader_has_to_bring_along_is_told() {
    let told = worst(b"\x80\x05\x97.");
    assert!(told.starts_with("WB-PICKLE-PERSISTENT-ID"), "{told}");
    let digits = [b"L".as_slice(), &[b'7'; 4_400], b"L\n."].concat();
    assert!(worst(&digits).starts_with("WB-PICKLE-FRAME"), "{}", worst(&digits));
}

#[test]
fn bytes_that_are_a_pickle_that_acts_are_dangerous_wherever_they_are_kept() {
    let inside = |bytes: &[u8]| {
        let size = u8::try_from(bytes.len()).expect("a short constant");
        worst(&Assembler::new(4).raw(&[b"C", &[size][..], bytes].concat()).stop())
    };
    assert!(inside(&calling("os", "system", "id")).starts_with("WB-PICKLE-HIDDEN"));
    assert!(inside(&making("collections", "OrderedDict")).starts_with("clean"));
    assert!(inside(&calling("mine", "restore", "x")).starts_with("clean"));
}

#[test]
fn a_getter_of_attributes_is_looked_at_and_one_of_what_acts_is_dangerous() {
    assert!(worst(&calling("operator", "attrgetter", "name")).starts_with("WB-PICKLE-ODD-USE"));
    for name in ["system", "a.__class__", "os.popen"] {
        let told = worst(&calling("operator", "attrgetter", name));
        assert!(told.starts_with("WB-PICKLE-ESCAPE"), "{told}");
    }
}

#[test]
fn arrays_and_ranges_as_dill_writes_them_are_clean() {
    let told = |raw: &[u8]| worst(&Assembler::new(4).raw(raw).stop());
    let range = |text: &str| {
        let size = u8::try_from(text.len()).expect("a short text");
        told(&[b"cdill._dill\n_eval_repr\n\x8c", &[size][..], text.as_bytes(), b"\x85R"].concat())
    };
    assert!(range("range(0, 4)").starts_with("clean"));
    assert!(range("print(1)").starts_with("WB-PICKLE-ESCAPE"));
    let array = |function: &str| {
        let function = format!("c{function}\n");
        let args = b"cnumpy\nndarray\nK\0\x85C\x01b\x87)N";
        told(&[b"cdill._dill\n_create_array\n(", function.as_bytes(), args, b"tR"].concat())
    };
    assert!(array("numpy._core.multiarray\n_reconstruct").starts_with("clean"));
    assert!(array("os\nsystem").starts_with("WB-PICKLE-CALL"));
}

#[test]
fn a_place_of_the_memo_may_have_its_digits_grouped() {
    let grouped = b"\x8c\x02osp10\n0g1_0\n\x8c\x06system\x93\x8c\x02id\x85R";
    assert!(worst(&Assembler::new(4).raw(grouped).stop()).starts_with("WB-PICKLE-CALL"));
}

#[test]
fn a_zero_byte_ends_numbers_and_the_names_of_frozen_modules() {
    let told = |raw: &[u8]| worst(&Assembler::new(2).raw(raw).stop());
    assert!(told(b"cos\0x\nsystem\nX\x02\0\0\0id\x85R").starts_with("WB-PICKLE-CALL"));
    assert!(told(b"cjoblib\0x\nload\nX\x02\0\0\0id\x85R").starts_with("WB-PICKLE-"));
    // The reader written in C goes on; the one written in Python refuses.
    for number in [&b"I5\0x\n"[..], b"I\0\n", b"F5\0x\n", b"L5\0x\n", b"Np1\0x\n", b"Np1\n0g1\0x\n"]
    {
        let told = told(&[number, b"0N"].concat());
        assert!(told.starts_with("WB-PICKLE-FRAME"), "{number:?}: {told}");
    }
    let old = b"I5\0x\n0cos\0y\nsystem\n(X\x02\0\0\0idtR.";
    assert!(worst(old).starts_with("WB-PICKLE-"), "{}", worst(old));
}

#[test]
fn only_mappings_are_filled_by_keys_and_tensors_get_tuples() {
    let told = |raw: &[u8]| worst(&Assembler::new(2).raw(raw).stop());
    for target in [b"](K\x01K\x02e".as_slice(), b"K\x01K\x02\x86", b"ctorch\nSize\nK\x01\x85\x85R"]
    {
        let filled = told(&[target, b"K\0K\x01s"].concat());
        assert!(filled.starts_with("WB-TORCH-STORAGE"), "{target:?}: {filled}");
    }
    let storage = b"((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x04tQ";
    let layout = b"K\0K\x04\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR";
    let built = |state: &[u8]| {
        told(&[b"ctorch._utils\n_rebuild_tensor_v2\n".as_slice(), storage, layout, state].concat())
    };
    assert!(built(b"}(X\x04\0\0\0dataK\x01ub").starts_with("WB-PICKLE-ODD-USE"));
}
