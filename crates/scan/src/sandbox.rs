//! Closes the worker in: resource limits, then Landlock, then a list of allowed system calls.
//!
//! The rule: after [`close_in`] the process can read the descriptors it was handed, write its answer,
//! ask for memory, and end. Nothing else, whatever the file made it do.

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::job::SandboxSupport;

/// What a worker needs while it is closed in.
#[derive(Clone, Copy, Debug)]
pub struct Needs {
    /// Memory beyond what the process maps already.
    pub memory_bytes: u64,
    /// Processor time for everything it will do; `None` where somebody else looks at the clock.
    pub cpu_seconds: Option<u64>,
}

/// What this kernel offers to hold a worker.
pub fn sandbox_support() -> SandboxSupport {
    SandboxSupport {
        landlock_abi: kernel::landlock_abi(),
        seccomp: kernel::has_seccomp(),
        resource_limits: true,
    }
}

/// Closes this process in with whatever the kernel has, and says what that was.
pub fn close_in(needs: Needs) -> SandboxSupport {
    let resource_limits = limit_resources(needs);
    let landlock_abi = kernel::close_landlock();
    let seccomp = kernel::close_seccomp();
    SandboxSupport { landlock_abi, seccomp, resource_limits }
}

fn limit_resources(needs: Needs) -> bool {
    let mapped = mapped_bytes();
    let limits = [
        (Resource::As, Some(mapped.saturating_add(needs.memory_bytes))),
        (Resource::Cpu, needs.cpu_seconds),
        (Resource::Fsize, Some(0)),
        (Resource::Core, Some(0)),
        (Resource::Nofile, Some(256)),
        (Resource::Nproc, Some(0)),
    ];
    let mut all = true;
    for (resource, value) in limits {
        if value.is_none() {
            continue;
        }
        let limit = Rlimit { current: value, maximum: value };
        all &= setrlimit(resource, limit).is_ok();
    }
    all
}

/// The address space in use: the limit must leave the binary its room.
fn mapped_bytes() -> u64 {
    const ASSUMED_PAGES: u64 = 65_536;
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|statm| statm.split_whitespace().next()?.parse::<u64>().ok())
        .unwrap_or(ASSUMED_PAGES);
    pages.saturating_mul(rustix::param::page_size() as u64)
}

#[cfg(target_os = "linux")]
mod kernel {
    use std::collections::BTreeMap;

    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, LandlockStatus, Ruleset,
        RulesetAttr, RulesetStatus, Scope,
    };
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule,
    };

    /// The versions that brought rights; those in between brought other things.
    const VERSIONS: [ABI; 7] = [ABI::V9, ABI::V6, ABI::V5, ABI::V4, ABI::V3, ABI::V2, ABI::V1];

    /// The newest version whose rights this kernel knows. Making a rule set restricts nothing.
    pub(super) fn landlock_abi() -> Option<u32> {
        let knows = |abi: &ABI| {
            rights(*abi, CompatLevel::HardRequirement).and_then(Ruleset::create).is_ok()
        };
        VERSIONS.into_iter().find(knows).map(|abi| abi as u32)
    }

    pub(super) fn close_landlock() -> Option<u32> {
        let status = rights(ABI::V9, CompatLevel::BestEffort)
            .and_then(Ruleset::create)
            .and_then(landlock::RulesetCreated::restrict_self)
            .ok()?;
        match (status.ruleset, status.landlock) {
            (RulesetStatus::NotEnforced, _) => None,
            (_, LandlockStatus::Available { effective_abi, .. }) => {
                VERSIONS.into_iter().find(|abi| *abi <= effective_abi).map(|abi| abi as u32)
            }
            _ => None,
        }
    }

    /// Handles every right and allows none of them.
    fn rights(abi: ABI, level: CompatLevel) -> Result<Ruleset, landlock::RulesetError> {
        let mut ruleset =
            Ruleset::default().set_compatibility(level).handle_access(AccessFs::from_all(abi))?;
        if abi >= ABI::V4 {
            ruleset = ruleset.handle_access(AccessNet::from_all(abi))?;
        }
        if abi >= ABI::V6 {
            ruleset = ruleset.scope(Scope::from_all(abi))?;
        }
        Ok(ruleset)
    }

    pub(super) fn has_seccomp() -> bool {
        filter().is_some()
            && std::fs::read_to_string("/proc/sys/kernel/seccomp/actions_avail")
                .is_ok_and(|actions| actions.split_whitespace().any(|action| action == "errno"))
    }

    pub(super) fn close_seccomp() -> bool {
        filter().is_some_and(|program| seccompiler::apply_filter(&program).is_ok())
    }

    /// Reading what is open, writing the answer, memory, locks, clocks, signals of our own, ending.
    const ALLOWED: &[i64] = &[
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_pread64,
        libc::SYS_preadv,
        libc::SYS_recvmsg,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_close,
        libc::SYS_brk,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_futex,
        libc::SYS_clock_gettime,
        libc::SYS_gettimeofday,
        libc::SYS_getrandom,
        libc::SYS_sched_yield,
        libc::SYS_sigaltstack,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_restart_syscall,
        libc::SYS_gettid,
        libc::SYS_getpid,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ];

    fn filter() -> Option<BpfProgram> {
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
            ALLOWED.iter().map(|call| (*call, Vec::new())).collect();
        // Memory, but none that can be executed: the third argument is the protection.
        let not_executable = SeccompCondition::new(
            2,
            SeccompCmpArgLen::Dword,
            SeccompCmpOp::MaskedEq(u64::try_from(libc::PROT_EXEC).ok()?),
            0,
        )
        .ok()?;
        let data_only = SeccompRule::new(vec![not_executable]).ok()?;
        rules.insert(libc::SYS_mmap, vec![data_only.clone()]);
        rules.insert(libc::SYS_mprotect, vec![data_only]);
        let refused = SeccompAction::Errno(u32::try_from(libc::EPERM).ok()?);
        let arch = std::env::consts::ARCH.try_into().ok()?;
        SeccompFilter::new(rules, refused, SeccompAction::Allow, arch).ok()?.try_into().ok()
    }
}

#[cfg(not(target_os = "linux"))]
mod kernel {
    pub(super) fn landlock_abi() -> Option<u32> {
        None
    }

    pub(super) fn close_landlock() -> Option<u32> {
        None
    }

    pub(super) fn has_seccomp() -> bool {
        false
    }

    pub(super) fn close_seccomp() -> bool {
        false
    }
}
