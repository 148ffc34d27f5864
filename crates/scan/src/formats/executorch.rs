//! `ExecuTorch` programs (`.pte`): a flatbuffer of kernel calls, with the identifier `ET12`.
//!
//! The runtime's own kernels compute and nothing else. Kernels of other libraries and parts that were
//! compiled for another engine are code of somebody's own. The tables are those of `program.fbs`.

use weighbridge_domain::{Format, Hasher};

use super::Reader;
use super::flatbuffers::{Flat, Trouble};
use crate::analyse::{Entry, Scan, Stop};
use crate::rules;

/// The reader of this format.
pub(crate) static READER: Reader = Reader {
    format: Format::known("executorch"),
    header_only: false,
    sniff: |head| head.has(4, b"ET12"),
    read,
};

/// The longest name that is read.
const NAME: usize = 256;
/// Libraries of kernels that come with the runtime, by what their names begin with.
const LIBRARIES: &[&str] =
    &["aten", "dim_order_ops", "executorch_prim", "llama", "prim", "quantized_decomposed"];
/// Engines that read descriptions of computations, and run no code from the file.
const ENGINES: &[&str] = &["XnnpackBackend"];

/// The fields of the tables.
mod field {
    pub(super) const PLANS: u16 = 1;
    pub(super) const OPERATORS: u16 = 6;
    pub(super) const DELEGATES: u16 = 7;
    pub(super) const NAME: u16 = 0;
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    match program(scan, entry) {
        Ok(()) => {}
        Err(Trouble::Stop(stop)) => return Err(stop),
        Err(Trouble::Garbled(at)) => {
            scan.skip(entry.place(Some(at)), "the program is garbled: an offset leads nowhere");
        }
    }
    Ok(READER.format.clone())
}

fn program(scan: &mut Scan, entry: &Entry<'_>) -> Result<(), Trouble> {
    let flat = &mut Flat::new(entry, &scan.budget);
    let program = flat.root()?;
    let plans = flat.row(program, field::PLANS, 4)?;
    for index in 0..plans.count {
        let plan = flat.table(plans, index)?;
        let operators = flat.row(plan, field::OPERATORS, 4)?;
        for index in 0..operators.count {
            let operator = flat.table(operators, index)?;
            let name = flat.text(operator, field::NAME, NAME)?;
            let library = name.split("::").next().unwrap_or_default();
            if !LIBRARIES.contains(&library) {
                let message = format!("the program calls the kernel {name}");
                let place = entry.place(Some(operator.at));
                scan.report(rules::EXECUTORCH_CUSTOM.finding(place, message, name));
            }
        }
        let delegates = flat.row(plan, field::DELEGATES, 4)?;
        for index in 0..delegates.count {
            let delegate = flat.table(delegates, index)?;
            let engine = flat.text(delegate, field::NAME, NAME)?;
            if !ENGINES.contains(&engine.as_str()) {
                let message = format!("a part of the program was compiled for {engine}");
                let place = entry.place(Some(delegate.at));
                scan.report(rules::EXECUTORCH_CUSTOM.finding(place, message, engine));
            }
        }
    }
    Ok(())
}

/// Feeds the tables into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    hasher.update(format!("{LIBRARIES:?}{ENGINES:?}").as_bytes());
}
