//! Running a stream: from opcode to opcode, frame to frame, and streams inside streams.

use super::{
    Deed, End, FAR_PLACE_BYTES, Halt, KEPT_BYTES, Machine, NO_FRAME, STEPS, STREAMS, Value,
};

impl Machine<'_> {
    /// Runs until STOP, the first error, or `limit` steps.
    pub(in crate::formats::pickle) fn run(&mut self, limit: u64) -> End {
        self.limit = limit;
        let end = self.run_stream();
        self.forgotten_imports();
        self.judge_growth();
        end
    }

    /// Runs a stream that stands in the middle of this one.
    pub(in crate::formats::pickle) fn inner_stream(&mut self) -> Result<(), Halt> {
        if self.depth >= STREAMS {
            return Err(Halt::Broken("streams are nested too deeply"));
        }
        self.depth += 1;
        let around = self.stream_bytes();
        self.around_bytes += around;
        let stack = std::mem::take(&mut self.stack);
        let marks = std::mem::take(&mut self.marks);
        let memo = std::mem::take(&mut self.memo);
        let far_memo = std::mem::take(&mut self.far_memo);
        let memo_size = std::mem::take(&mut self.memo_size);
        let end = self.run_stream();
        self.depth -= 1;
        self.around_bytes -= around;
        self.frame_end = NO_FRAME;
        (self.stack, self.marks, self.memo) = (stack, marks, memo);
        (self.far_memo, self.memo_size) = (far_memo, memo_size);
        match end {
            End::Stopped => Ok(()),
            End::Halted(halt) => Err(halt),
        }
    }

    /// What follows is read past the frame: it has to be at its end.
    pub(in crate::formats::pickle) fn leave_frame(&mut self) -> Result<(), Halt> {
        if self.frame_end != NO_FRAME && self.cursor.position() != self.frame_end {
            self.disagree("values of an array stand inside a frame");
            return Err(Halt::Broken("values of an array stand inside a frame"));
        }
        self.frame_end = NO_FRAME;
        Ok(())
    }

    /// Whether more is kept than may be, once there are so many bytes more.
    pub(super) fn has_too_much(&self, more: usize) -> bool {
        let kept = self.stream_bytes() + self.around_bytes + self.kept_bytes + self.heap.bytes();
        kept + more > KEPT_BYTES
    }

    /// Bytes of what this stream alone keeps.
    fn stream_bytes(&self) -> usize {
        (self.stack.len() + self.marks.len() + self.memo.len()) * size_of::<Value>()
            + self.far_memo.len() * FAR_PLACE_BYTES
    }

    pub(super) fn run_stream(&mut self) -> End {
        let mut unpaid = 0;
        loop {
            self.at = self.cursor.position();
            if self.at == self.frame_end {
                self.frame_end = NO_FRAME;
            }
            let step = match self.cursor.opcode() {
                Ok(Some(b'.')) => {
                    self.stop();
                    return if self.is_cut { End::Halted(Halt::CutOff) } else { End::Stopped };
                }
                Ok(Some(opcode)) => self.step(opcode),
                Ok(None) => Err(Halt::CutOff),
                Err(halt) => Err(halt),
            };
            if let Err(halt) = step {
                return End::Halted(halt);
            }
            if self.cursor.position() > self.frame_end {
                self.disagree("an opcode crosses the end of its frame");
                self.frame_end = NO_FRAME;
            }
            self.steps += 1;
            unpaid += 1;
            if unpaid == STEPS {
                unpaid = 0;
                if let Err(spent) = self.budget.pickle_steps(STEPS) {
                    return End::Halted(Halt::Spent(spent));
                }
                if self.has_too_much(0) {
                    return End::Halted(Halt::TooManyObjects);
                }
            }
            if self.steps >= self.limit {
                return End::Halted(Halt::Broken("it goes on for too long"));
            }
        }
    }

    pub(super) fn frame(&mut self) -> Result<(), Halt> {
        let size = self.size_8()?;
        let position = self.cursor.position();
        if self.frame_end != NO_FRAME {
            self.disagree("a frame opens inside another one");
        }
        // Readers give up here; what the rest would do is worth knowing all the same.
        self.is_cut |= size > self.cursor.left();
        self.frame_end = position.saturating_add(size);
        Ok(())
    }

    pub(super) fn disagree(&mut self, how: &str) {
        self.note(Deed::ReadersDisagree, how.to_owned(), how.to_owned());
    }
}
