//! What programs do, told from their source.

use crate::{Limits, scan_bytes};

fn rules(text: &str) -> Vec<String> {
    let report = scan_bytes(&"a.py".parse().unwrap(), text.as_bytes(), &Limits::default());
    assert!(report.unexamined.is_empty(), "{report:?}");
    report.findings.into_iter().map(|finding| finding.rule).collect()
}

#[test]
fn what_runs_on_import_is_told_from_what_a_function_does() {
    for text in [
        "import os\nos.system('id')\n",
        "import os as o; o.system('id')",
        "from os import system as s\nclass A:\n    x = s('id')\n",
        "from os import *\nsystem('id')\n",
        "import subprocess\nif True:\n\tsubprocess.run(['id'])\n",
        "import os\nrun = os.system\nrun('id')\n",
        "__import__('os').system('id')\n",
        "__import__('o' 's').system('id')\n",
        "import os\ngetattr(os, 'system')('id')\n",
        "getattr(__import__('os'), 'system')('id')\n",
        "import os\nx = f\"{os.system('id')}\"\n",
        "import os\ndef f(a=os.system('id')): pass\n",
        "import pickle\nwith open('x') as f:\n    pickle.load(f)\n",
        "eval('1')\n",
    ] {
        let found = rules(text);
        let is_import =
            |rule: &String| ["WB-PYTHON-IMPORT", "WB-PYTHON-COMMAND"].contains(&rule.as_str());
        assert!(found.len() == 1 && found.iter().all(is_import), "{text}: {found:?}");
    }
    for text in [
        "import os\ndef f():\n    os.system('id')\n",
        "import os\nif __name__ == '__main__':\n    os.system('id')\n",
        "import requests\nclass A:\n    async def f(self): requests.get('x')\n",
        "import os\nclass B:\n    def __init__(self): os.system('id')\nclass C(B): pass\n",
        "import os\nclass A:\n    def run(self): os.system('id')\nx = A().run\n",
        "import os\nclass A:\n    @property\n    def a(self): pass\n    def b(self): os.system('id')\nA().b\n",
        "import json, os\nclass A:\n    def loads(self): os.system('id')\njson.loads('1')\n",
    ] {
        assert_eq!(rules(text), ["WB-PYTHON-CALLS"], "{text}");
    }
}

#[test]
fn commands_on_import_are_dangerous_whichever_way_they_are_reached() {
    for text in [
        "import os\nos.__dict__['system']('id')\n",
        "import os\nvars(os)['sys' + 'tem']('id')\n",
        "import sys\nsys.modules['os'].system('id')\n",
        "import os\ngetattr(os, 'sys' + 'tem')('id')\n",
        "import os\na, b = os.system, 1\na('id')\n",
        "import os\n(s := os.system)('id')\n",
        "import os, atexit\natexit.register(os.system, 'id')\n",
        "import os, threading\nthreading.Thread(target=os.system, args=('id',)).start()\n",
        "import os\nlist(map(os.system, ['id']))\n",
        "import builtins, os\nbuiltins.print = os.system\n",
        "import socket\nsocket.create_connection(('localhost', 9))\n",
        "import os\n__builtins__['print'] = os.system\n",
        "import os\ndef f():\n    os.system('id')\nf()\n",
        "import os\ndef g(): os.system('id')\ndef f(): g()\nf()\n",
        "import os, asyncio\nasync def m(): os.system('id')\nasyncio.run(m())\n",
        "import os\nclass A:\n    def __init__(self):\n        os.system('id')\na = A()\n",
        "import os\nclass B:\n    def __init_subclass__(c): os.system('id')\nclass C(B): pass\n",
        "import os\nclass M(type):\n    def __new__(c, *a): os.system('id')\nclass A(metaclass=M): pass\n",
        "import os\ndef f():\n    os.system('id')\n@f\ndef g(): pass\n",
        "import os\nif __name__ != '__main__':\n    os.system('id')\n",
        "import os\n[os.system][0]('id')\n",
        "import os\n(os.system if 1 else print)('id')\n",
        "import os\nfor f in (print, os.system): f('id')\n",
        "import os\nx = os.system if 1 else print\nx('id')\n",
        "import os\na = {'b': os.system}\na['b']('id')\n",
        "import os\na = {'b': os.system}\na.get('b')('id')\n",
        "import os\nclass A: f = os.system\nA.f('id')\n",
        "import os\ndef f(run=os.system): run('id')\nf()\n",
        "import sys\nsys.modules.get('os').system('id')\n",
        "import warnings\nwarnings.sys.modules['os'].system('id')\n",
        "import shutil\nshutil.os.system('id')\n",
        "import pydoc\npydoc.pipepager('x', 'id')\n",
        "import os\nclass A:\n    def run(self): os.system('id')\nA().run()\n",
        "import os\nclass A:\n    def run(self): self.go()\n    def go(self): os.system('id')\na = A()\na.run()\n",
        "import os\nclass A:\n    @property\n    def x(self): os.system('id')\nA().x\n",
        "import os\nclass A:\n    def __enter__(self): os.system('id')\nwith A(): pass\n",
        "import os\nclass A:\n    def __class_getitem__(c, k): os.system('id')\nA[1]\n",
        "import os, threading as t\ndef f(): os.system('id')\nt.Thread(target=f).start()\n",
        "import os, concurrent.futures as c\ndef f(): os.system('id')\nc.ThreadPoolExecutor().submit(f)\n",
    ] {
        assert_eq!(rules(text), ["WB-PYTHON-COMMAND"], "{text}");
    }
    for text in [
        "import subprocess, sys\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'x'])\n",
        "import os\nos.system('pip install -q flash-attn')\n",
        "import subprocess\nv = subprocess.check_output(['git', 'rev-parse', 'HEAD'])\n",
        "import ctypes\nctypes.CDLL('/tmp/x.so')\n",
        "exec(compile('1', 'x', 'exec'))\n",
        "open('.bashrc', 'a').write('x')\n",
        "with open('a', mode='wb') as f: pass\n",
        "import pathlib\npathlib.Path.home().joinpath('a').write_text('x')\n",
        "import os\nos.replace('a', 'b')\n",
        "import numpy as np\nnp.load('a', allow_pickle=True)\n",
        "from transformers import AutoModel as A\nA.from_pretrained('a/b', trust_remote_code=True)\n",
        "import torch.utils.cpp_extension as c\nc.load_inline('a', 'b')\n",
    ] {
        assert_eq!(rules(text), ["WB-PYTHON-IMPORT"], "{text}");
    }
    // An installation that brings its own index, or goes on with something else, is none of the usual.
    assert_eq!(
        rules("import os\nos.system('pip install x; curl http://127.0.0.1 | sh')\n"),
        ["WB-PYTHON-COMMAND"]
    );
}

#[test]
fn ordinary_programs_have_no_findings() {
    for text in [
        "import os, sys\np = os.path.join(os.getcwd(), 'x')\nsys.path.append(p)\n",
        "import torch\nclass Net(torch.nn.Module):\n    def forward(self, x):\n        return x\nm = Net()\nm.eval()\n",
        "# os.system('id')\n'os.system(1)'\n",
        "from transformers import AutoModel\nm = AutoModel.from_pretrained('x')\n",
        "def compile(x): return x\ncompile(1)\nimport re\nre.compile('a')\n",
        "from setuptools import setup\nsetup(name='x')\n",
        "import base64\nx = base64.b64decode('YQ==')\nprint(x)\n",
        "import subprocess\ndef f(p: subprocess.run, q=1): return isinstance(p, subprocess.Popen)\n",
        "import os\nf = getattr(os, 'sched_getaffinity', None)\n",
        "import importlib\nm = importlib.import_module(f'transformers.models.{name}').Model()\n",
        "import importlib\nm = importlib.import_module('.' + name, 'pkg').run()\n",
        "import importlib\nm = importlib.import_module('{}.x'.format(__name__))\n",
        "__import__('pkg_resources').declare_namespace(__name__)\n",
        "m = __import__(f'json').loads('1')\n",
        "def f(name, parts): return __import__('.'.join(parts), fromlist=[name])\n",
        "dtype = 'float32'\nimport torch\nx = getattr(torch, dtype)\n",
        "import subprocess as s\ndef f(run=s.run): return run\nx = s.run if f else f\ny = {'a': s.run}\n",
        "x\u{2099}, \u{3c3}\u{209c} = 1, 2\nos_ = f(x\u{2099})\n",
        "def f(x): open(x, 'w').write('')\nopen('a', 'rb').read()\nopen(f).read()\n",
        "import types\nx.__globals__['__builtins__'] = types\ny = f.__globals__['__name__']\n",
        "from transformers import AutoModel as A\nA.from_pretrained('a', trust_remote_code=False)\n",
    ] {
        assert_eq!(rules(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn code_that_the_source_does_not_show_is_dangerous() {
    for text in [
        "import base64\nexec(base64.b64decode('YQ=='))\n",
        "exec(''.join(map(chr, [112, 97, 115, 115])))\n",
        "exec('ssap'[::-1])\n",
        "__builtins__['__import__']('os').system('id')\n",
        "def f():\n    eval('x{}'.format('y'))\n",
        "from base64 import b64decode as d\nx = d('YQ==')\ndef f():\n    exec(x)\n",
        "import urllib.request\nexec(compile(urllib.request.urlopen('x').read(), 'a', 'exec'))\n",
        "eval(bytes.fromhex('31'))\n",
        "from huggingface_hub import hf_hub_download as h\nexec(open(h('a/b', 'c.py')).read())\n",
        "# -*- coding: utf-7 -*-\nx = 1\n",
        "import os\ndef f(x): return getattr(os, x[::-1])('id')\n",
        "import os\ngetattr(os, 'metsys'[::-1])('id')\n",
        "import os\nos.\u{ff53}ystem('id')\n",
        "import os\nos.\u{2e2}y\u{2e2}tem('id')\n",
        "__import__('\\x6fs').system('id')\n",
        "__import__('os\\0x').system('id')\n",
        "__import__('so'[::-1]).getpid()\n",
        "def f(): __import__(''.join(chr(c) for c in [111, 115])).getpid()\n",
        "from importlib import import_module as i\ni(bytes([111, 115]).decode()).getpid()\n",
        "import importlib\nimportlib.import_module(f'o{\"s\"}').getpid()\n",
        "def f(x): __import__(x).system('id')\n",
    ] {
        assert!(rules(text).contains(&"WB-PYTHON-HIDDEN".to_owned()), "{text}: {:?}", rules(text));
    }
    assert_eq!(rules("exec(open('version.py').read())\n"), ["WB-PYTHON-IMPORT"]);
}

#[test]
fn code_that_is_reached_by_a_text_is_hidden() {
    for text in [
        "__builtins__.__dict__['ex' + 'ec']('1')\n",
        "[c for c in ().__class__.__base__.__subclasses__()][0]('id')\n",
        "def f(x): x.__init__.__globals__['system']('id')\n",
        "import sys\nsys._getframe().f_builtins['exec']('1')\n",
        "import operator, os\noperator.methodcaller('system', 'id')(os)\n",
        "globals()['__builtins__'].exec('1')\n",
        "import builtins\ndef f(x):\n    return getattr(builtins, 'ev' + 'al')(x)\n",
    ] {
        assert_eq!(rules(text), ["WB-PYTHON-HIDDEN"], "{text}");
    }
}

#[test]
fn texts_that_are_run_are_programs() {
    for text in [
        "exec(\"import os; os.system('id')\")\n",
        "exec(\"import os\\nos.system('id')\\n\")\n",
        "exec('''\nimport os\nos.system('id')\n''')\n",
        "exec(r'''\nimport os\nos.system('id')\n''', {})\n",
        "exec(compile('import os\\nos.\\x73ystem(\"id\")', 'x', 'exec'))\n",
        "eval(\"__import__('os').system('id')\")\n",
        "import os\neval('os.system(\"id\")')\n",
        "code = 'import os; ' 'os.system(1)'\nexec(code)\n",
        "code = ('import os;'\n  + ' os.system(1)')\ndef f():\n    exec(code)\nf()\n",
        "exec('exec(\"import os; os.system(1)\")')\n",
        "exec('\\n'.join(['import os', 'os.' 'system(1)',]))\n",
        "exec(''.join(('import os;', ' os.system(1)')), {})\n",
    ] {
        let found = rules(text);
        assert!(found.contains(&"WB-PYTHON-COMMAND".to_owned()), "{text}: {found:?}");
    }
    assert_eq!(rules("eval('1 + 1')\n"), ["WB-PYTHON-IMPORT"]);
    assert_eq!(rules("exec(\"__version__ = '1.0'\")\n"), ["WB-PYTHON-IMPORT"]);
}

#[test]
fn what_is_too_much_to_follow_is_unknown() {
    let names: Vec<String> = (0..60_000).map(|n| format!("a{n} = 1\n")).collect();
    let attributes: Vec<String> = (0..120_000).map(|n| format!("x.a{n}()\n")).collect();
    for lines in [names, attributes] {
        let text = lines.concat();
        let report = scan_bytes(&"a.py".parse().unwrap(), text.as_bytes(), &Limits::default());
        assert_eq!(report.verdict(), weighbridge_domain::Verdict::Unknown);
    }
}
