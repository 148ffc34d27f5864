//! Pickles that make far more than they hold.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use weighbridge_domain::{ScanReport, Verdict};
use weighbridge_scan::samples::pickle::Assembler;
use weighbridge_scan::{Limits, scan_bytes};

fn scan(bytes: &[u8]) -> ScanReport {
    scan_bytes(&"model.pkl".parse().expect("a path"), bytes, &Limits::default())
}

/// The worst finding, or the verdict when there is none.
fn worst(bytes: &[u8]) -> String {
    let report = scan(bytes);
    let worst = report.findings.iter().max_by_key(|finding| finding.severity);
    worst.map_or_else(
        || report.verdict().to_string(),
        |finding| format!("{} {}", finding.rule, finding.message),
    )
}

#[test]
fn containers_that_hold_each_other_without_end_are_bombs() {
    // Sixty tuples, each of three times the one before.
    let mut laughs = b"\x80\x02]q\x00".to_vec();
    for level in 0..60 {
        let at = [b'h', level];
        laughs.extend([b"(".as_slice(), &at, &at, &at, b"tq", &[level + 1]].concat());
    }
    laughs.push(b'.');
    assert!(worst(&laughs).starts_with("WB-PICKLE-BOMB"), "{}", worst(&laughs));
    // The same of lists, filled after they were made.
    let mut lists = b"\x80\x02]q\x00K\x01a".to_vec();
    for level in 0..40 {
        lists.extend(
            [b"]q".as_slice(), &[level + 1], b"(", &[b'h', level].repeat(10), b"e"].concat(),
        );
    }
    lists.push(b'.');
    assert!(worst(&lists).starts_with("WB-PICKLE-BOMB"), "{}", worst(&lists));
    let deep = [b"\x80\x02)".as_slice(), &[0x85].repeat(30_000), b"."].concat();
    assert!(worst(&deep).starts_with("WB-PICKLE-BOMB"), "{}", worst(&deep));
    // A list that a thousand others hold is shared, and no bomb.
    let shared = [b"\x80\x02](]q\x00K\x01a".as_slice(), &[b'h', 0].repeat(1000), b"e."].concat();
    assert_eq!(scan(&shared).verdict(), Verdict::Clean);
}

#[test]
fn a_count_in_the_place_of_contents_is_a_bomb() {
    let zeros =
        |count: &[u8]| [b"\x80\x04cbuiltins\nbytearray\n".as_slice(), count, b"\x85R."].concat();
    assert!(worst(&zeros(b"J\xff\xff\xff\x7f")).starts_with("WB-PICKLE-BOMB"));
    assert_eq!(scan(&zeros(b"K\x10")).verdict(), Verdict::Clean);
    assert_eq!(scan(&zeros(b"C\x02ab")).verdict(), Verdict::Clean);
}

#[test]
fn a_range_becomes_no_more_numbers_than_fit() {
    let filled = |with: &[u8], end: &[u8]| {
        let range = [b"cbuiltins\nrange\n".as_slice(), end, b"\x85R"].concat();
        let call = [with, range.as_slice(), b"\x85R"].concat();
        worst(&Assembler::new(2).raw(&call).stop())
    };
    let far = b"\x8a\x06\0\0\0\0\0\x01";
    for with in [b"cbuiltins\nlist\n".as_slice(), b"cbuiltins\nset\n", b"cbuiltins\ntuple\n"] {
        assert!(filled(with, far).starts_with("WB-PICKLE-BOMB"), "{}", filled(with, far));
        let large = b"J\0\0\0\x40";
        assert!(filled(with, large).starts_with("WB-PICKLE-BOMB"), "{}", filled(with, large));
        assert_eq!(filled(with, b"K\x05"), "clean");
    }
    let kept = Assembler::new(2).raw(b"cbuiltins\nrange\nJ\0\0\0\x40\x85R").stop();
    assert_eq!(worst(&kept), "clean");
}

#[test]
fn functions_that_make_as_much_as_they_are_told_to_are_told_little() {
    let called = |name: &str, args: &[u8]| {
        let named = format!("c{}\n{name}\n", if name == "pow" { "builtins" } else { "numpy" });
        worst(&Assembler::new(2).raw(&[named.as_bytes(), args, b"R"].concat()).stop())
    };
    assert!(called("zeros", b"K\x0a\x85").starts_with("WB-PICKLE-UNLISTED-CALL"));
    assert!(called("zeros", b"J\x00\x00\x00\x7f\x85").starts_with("WB-PICKLE-BOMB"));
    assert!(called("ones", b"J\x00\x00\x00\x7fK\x02\x86\x85").starts_with("WB-PICKLE-BOMB"));
    assert!(called("pow", b"K\x0aJ\x00\x00\x00\x7f\x86").starts_with("WB-PICKLE-BOMB"));
}

#[test]
fn iterators_without_an_end_and_numbers_of_many_digits_are_bombs() {
    let told = |raw: &[u8]| worst(&Assembler::new(4).raw(raw).stop());
    let count = b"citertools\ncount\nK\0\x85R".as_slice();
    let repeat = b"citertools\nrepeat\nK\0\x8a\x06\0\0\0\0\0\x01\x86R".as_slice();
    let cycle = b"citertools\ncycle\n](K\x01e\x85R".as_slice();
    let named = |name: &str| format!("c{}\n", name.replace('.', "\n")).into_bytes();
    for endless in [count, repeat, cycle] {
        for container in [
            "builtins.list",
            "builtins.tuple",
            "builtins.set",
            "builtins.frozenset",
            "builtins.bytearray",
            "collections.deque",
            "collections.OrderedDict",
            "collections.Counter",
        ] {
            let call = [&named(container), endless, b"\x85R"].concat();
            assert!(told(&call).starts_with("WB-PICKLE-BOMB"), "{container}: {}", told(&call));
        }
        for around in ["builtins.enumerate", "builtins.iter", "itertools.chain"] {
            let inner = [&named(around), endless, b"\x85R"].concat();
            let call = [b"cbuiltins\nlist\n".as_slice(), &inner, b"\x85R"].concat();
            assert!(told(&call).starts_with("WB-PICKLE-BOMB"), "{around}: {}", told(&call));
        }
        let pairs = [b"cbuiltins\nzip\n", endless, endless, b"\x86R"].concat();
        let filled = [b"ccollections\ndefaultdict\nN".as_slice(), &pairs, b"\x86R"].concat();
        assert!(told(&filled).starts_with("WB-PICKLE-BOMB"), "{}", told(&filled));
    }
    let few = b"cbuiltins\nlist\ncitertools\nislice\ncitertools\ncount\nK\0\x85RK\x05\x86R\x85R";
    assert!(told(few).starts_with("clean"), "{}", told(few));
    let number = |class: &str, text: &str| {
        let size = u8::try_from(text.len()).expect("a short text");
        told(&[&named(class), &[0x8c, size][..], text.as_bytes(), b"\x85R"].concat())
    };
    for class in ["decimal.Decimal", "fractions.Fraction"] {
        assert!(number(class, "1e999999999").starts_with("WB-PICKLE-BOMB"));
        assert!(number(class, "1.5e-300").starts_with("clean"));
    }
    for huge in [
        b"cnumpy\nndarray\n\x8a\x06\0\0\0\0\0\x01\x85\x85R".as_slice(),
        b"cnumpy._core.multiarray\n_reconstruct\ncnumpy\nndarray\n\x8a\x06\0\0\0\0\0\x01\x85C\x01b\x87R",
        b"cnumpy\ndtype\n\x8c\x0bV2147483647\x89\x88\x87R",
    ] {
        assert!(told(huge).starts_with("WB-PICKLE-BOMB"), "{}", told(huge));
    }
}

#[test]
fn a_power_of_a_power_is_a_bomb() {
    let power = b"coperator\npow\n(K\x0acoperator\npow\n(K\x0aK\x09tRtR";
    let report = scan(&Assembler::new(2).raw(power).stop());
    assert_eq!(report.verdict(), Verdict::Dangerous, "{report:?}");
}
