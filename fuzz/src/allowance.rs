//! The allocator of the fuzz targets: a length that was believed unchecked ends the run.

use std::alloc::{GlobalAlloc, Layout, System};

/// Far more than any file of a few kilobytes can need under the limits of the targets.
const LARGEST: usize = 16 << 20;

struct Allowance;

#[global_allocator]
static ALLOWANCE: Allowance = Allowance;

fn check(bytes: usize) {
    if bytes > LARGEST {
        // Not a panic: that would allocate.
        eprintln!("one allocation of {bytes} bytes");
        std::process::abort();
    }
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Allowance {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        check(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        check(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        check(bytes);
        unsafe { System.realloc(block, layout, bytes) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }
}
