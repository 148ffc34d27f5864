//! Pickles, put together opcode by opcode.

/// Puts a pickle together.
#[derive(Clone, Debug, Default)]
pub struct Assembler {
    protocol: u8,
    bytes: Vec<u8>,
}

impl Assembler {
    /// Starts a stream; protocols 0 and 1 have no mark.
    pub fn new(protocol: u8) -> Assembler {
        let bytes = if protocol >= 2 { vec![0x80, protocol] } else { Vec::new() };
        Assembler { protocol, bytes }
    }

    /// Any bytes.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Assembler {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// Text in the form of the protocol.
    #[must_use]
    pub fn text(self, text: &str) -> Assembler {
        let size = text.len();
        match (self.protocol, u8::try_from(size), u32::try_from(size)) {
            (0, ..) => self.raw(b"V").raw(text.as_bytes()).raw(b"\n"),
            (4.., Ok(size), _) => self.raw(&[0x8c, size]).raw(text.as_bytes()),
            (_, _, Ok(size)) => self.raw(b"X").raw(&size.to_le_bytes()).raw(text.as_bytes()),
            _ => self,
        }
    }

    /// An integer of up to 31 bits.
    #[must_use]
    pub fn number(self, number: u32) -> Assembler {
        if self.protocol == 0 {
            return self.raw(format!("I{number}\n").as_bytes());
        }
        self.raw(b"J").raw(&number.to_le_bytes())
    }

    /// An imported name.
    #[must_use]
    pub fn global(self, module: &str, name: &str) -> Assembler {
        if self.protocol >= 4 {
            return self.text(module).text(name).raw(b"\x93");
        }
        self.raw(format!("c{module}\n{name}\n").as_bytes())
    }

    /// A tuple of everything since the mark that `body` starts with.
    #[must_use]
    pub fn tuple(self, body: impl FnOnce(Assembler) -> Assembler) -> Assembler {
        body(self.raw(b"(")).raw(b"t")
    }

    /// A call of what lies below a tuple.
    #[must_use]
    pub fn reduce(self) -> Assembler {
        self.raw(b"R")
    }

    /// Ends the stream.
    pub fn stop(self) -> Vec<u8> {
        self.raw(b".").bytes
    }
}

/// `module.name('argument')`, in protocol 2.
pub fn calling(module: &str, name: &str, argument: &str) -> Vec<u8> {
    calling_in(2, module, name, argument)
}

/// `module.name('argument')`, in any protocol.
pub fn calling_in(protocol: u8, module: &str, name: &str, argument: &str) -> Vec<u8> {
    Assembler::new(protocol)
        .global(module, name)
        .tuple(|inner| inner.text(argument))
        .reduce()
        .stop()
}

/// An object of a class with a state, made without a call.
pub fn making(module: &str, class: &str) -> Vec<u8> {
    Assembler::new(2)
        .global(module, class)
        .raw(b")\x81}(")
        .text("weight")
        .number(7)
        .raw(b"ub")
        .stop()
}

/// A dictionary of plain values.
pub fn plain(protocol: u8) -> Vec<u8> {
    let start = Assembler::new(protocol);
    let start = if protocol == 0 { start.raw(b"(dp0\n") } else { start.raw(b"}q\x00") };
    let entry = |assembler: Assembler, key: &str| assembler.text(key);
    let body = entry(start, "numbers").tuple(|t| t.number(1).number(2)).raw(b"s");
    entry(body, "nothing").raw(b"Ns").stop()
}
