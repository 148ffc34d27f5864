"""Benign: numpy, scipy, pandas, joblib and scikit-learn."""

import io
import pickle
import warnings

import joblib
import numpy
import pandas
import scipy.sparse
import scipy.stats
import sklearn.cluster
import sklearn.compose
import sklearn.decomposition
import sklearn.ensemble
import sklearn.feature_extraction.text
import sklearn.impute
import sklearn.linear_model
import sklearn.model_selection
import sklearn.naive_bayes
import sklearn.neighbors
import sklearn.neural_network
import sklearn.pipeline
import sklearn.preprocessing
import sklearn.svm
import sklearn.tree

from .store import made_by

# Not the long doubles: their padding is whatever was in memory.
DTYPES = "?bBhHiIqQefdFDO"
COMPRESSORS = [0, 3, ("zlib", 9), ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3), ("lz4", 3)]


def arrays():
    """Arrays of every kind."""
    noise = numpy.random.default_rng(7)
    for code in DTYPES:
        held = (
            noise.integers(0, 2, (4, 5)).astype(code) if code != "O" else numpy.array([1, "a", None, 2.5], dtype=object)
        )
        yield f"dtype-{code if code.islower() else code * 2}".replace("?", "bool"), held
    yield "big-endian", numpy.arange(9, dtype=">i4")
    yield "text", numpy.array(["a", "eval(", "os.system"])
    yield "bytes", numpy.array([b"a", b"bc"])
    yield "date", numpy.array(["2026-01-02", "NaT"], dtype="M8[D]")
    yield "delta", numpy.array([1, 2], dtype="m8[s]")
    yield "structured", numpy.array([(1, 2.5, "x")], dtype=[("a", "i4"), ("b", "f8"), ("c", "U3")])
    yield "record", numpy.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]).view(numpy.recarray)
    yield "fortran", numpy.asfortranarray(noise.random((5, 6)))
    yield "strided", noise.random((9, 9))[::2, ::3]
    yield "scalar", numpy.float32(1.5)
    yield (
        "scalars",
        [numpy.int64(3), numpy.bool_(True), numpy.str_("x"), numpy.complex64(1j), numpy.datetime64("2026-01-02")],
    )
    yield "zero", numpy.array(3.5)
    yield "empty", numpy.zeros((0, 4))
    yield "large-half", noise.standard_normal(60_000).astype("f2")
    yield "noise", noise.integers(0, 256, 50_000, dtype="u1")
    yield "masked", numpy.ma.masked_less(noise.random((4, 4)), 0.3)
    yield "masked-constant", numpy.ma.masked
    yield "matrix", numpy.asmatrix(numpy.eye(3))
    yield "dtype", numpy.dtype([("a", "i4", (2, 3))])
    yield "ufunc", {"activation": numpy.tanh, "scale": numpy.log1p}
    yield "state", numpy.random.RandomState(7)
    yield "state-tuple", numpy.random.RandomState(7).get_state()
    for name in ["PCG64", "MT19937", "Philox", "SFC64", "PCG64DXSM"]:
        yield f"generator-{name}", numpy.random.Generator(getattr(numpy.random, name)(7))
    yield "seed", numpy.random.SeedSequence(7)
    yield "mapping", {f"layer{n}": noise.random((3, 3)) for n in range(12)}


def sparse_and_tables():
    """scipy's matrices and pandas' tables."""
    dense = numpy.eye(5)
    for kind in ["csr", "csc", "coo", "bsr", "dia", "lil", "dok"]:
        yield f"{kind}-matrix", getattr(scipy.sparse, f"{kind}_matrix")(dense), made_by("scipy")
        yield f"{kind}-array", getattr(scipy.sparse, f"{kind}_array")(dense), made_by("scipy")
    frame = pandas.DataFrame({"a": [1, 2], "b": [0.5, None], "c": ["x", "os.system('true')"]})
    for name in ["norm", "beta", "lognorm", "binom", "poisson", "levy_stable"]:
        yield f"distribution-{name}", getattr(scipy.stats, name), made_by("scipy")
    ranges = {"alpha": scipy.stats.loguniform(1e-5, 1), "depth": scipy.stats.randint(1, 9)}
    yield "distributions-frozen", ranges, made_by("scipy")
    dates = pandas.date_range("2026-01-01", periods=3)
    by = made_by("pandas")
    yield "frame", frame, by
    yield "frame-dates", frame.assign(d=dates[:2]), by
    yield "frame-category", frame.assign(c=frame["c"].astype("category")), by
    yield "frame-indexed", frame.set_index("c"), by
    yield "frame-levels", frame.set_index(["a", "c"]), by
    yield "series", pandas.Series([1.0, 2.0], name="loss"), by
    yield "series-dates", pandas.Series([1, 2, 3], index=dates), by
    yield "range", pandas.RangeIndex(9), by
    yield "timestamp", [pandas.Timestamp("2026-01-02"), pandas.Timedelta("1s"), pandas.NaT], by
    yield "zone", pandas.Timestamp("2026-01-02", tz="UTC"), by


def estimators():
    """Fitted models."""
    noise = numpy.random.default_rng(7)
    x, y = noise.random((40, 4)), numpy.arange(40) % 3
    linear, tree, ensemble = sklearn.linear_model, sklearn.tree, sklearn.ensemble
    scale, text = sklearn.preprocessing, sklearn.feature_extraction.text
    small = {"n_estimators": 5, "random_state": 7}
    plain = [
        linear.LinearRegression(), linear.Ridge(), linear.Lasso(0.1), linear.ElasticNet(0.1), linear.LogisticRegression(),
        linear.SGDClassifier(random_state=7), linear.RidgeClassifier(), tree.DecisionTreeClassifier(random_state=7),
        tree.DecisionTreeRegressor(random_state=7), ensemble.RandomForestClassifier(**small), ensemble.ExtraTreesClassifier(**small),
        ensemble.RandomForestRegressor(**small), ensemble.GradientBoostingRegressor(**small), ensemble.GradientBoostingClassifier(**small),
        ensemble.AdaBoostClassifier(**small), ensemble.IsolationForest(**small), ensemble.BaggingClassifier(**small),
        ensemble.HistGradientBoostingClassifier(max_iter=3, random_state=7), sklearn.svm.SVC(), sklearn.svm.SVR(),
        sklearn.svm.LinearSVC(random_state=7), sklearn.neighbors.KNeighborsClassifier(3), sklearn.neighbors.KNeighborsRegressor(3),
        sklearn.neighbors.NearestNeighbors(n_neighbors=3), sklearn.naive_bayes.GaussianNB(), sklearn.naive_bayes.MultinomialNB(),
        sklearn.cluster.KMeans(3, random_state=7, n_init=1), sklearn.cluster.MiniBatchKMeans(3, random_state=7, n_init=1),
        sklearn.cluster.DBSCAN(), sklearn.decomposition.PCA(2), sklearn.decomposition.TruncatedSVD(2, random_state=7),
        sklearn.decomposition.NMF(2, random_state=7), scale.StandardScaler(), scale.MinMaxScaler(), scale.RobustScaler(),
        scale.PolynomialFeatures(), scale.QuantileTransformer(n_quantiles=10), scale.PowerTransformer(), scale.OneHotEncoder(),
        sklearn.impute.SimpleImputer(), sklearn.neural_network.MLPClassifier(4, max_iter=3, random_state=7),
    ]  # fmt: skip
    for estimator in plain:
        yield type(estimator).__name__, estimator.fit(x, y)
    yield "LabelEncoder", scale.LabelEncoder().fit(["a", "b"])
    words = ["weigh the load", "seal the load"]
    yield "CountVectorizer", text.CountVectorizer().fit(words)
    yield "TfidfVectorizer", text.TfidfVectorizer().fit(words)
    steps = [
        ("scale", scale.StandardScaler()),
        ("pca", sklearn.decomposition.PCA(2)),
        ("model", linear.LogisticRegression()),
    ]
    ranges = {"alpha": scipy.stats.loguniform(1e-5, 1)}
    search = sklearn.model_selection.RandomizedSearchCV(linear.Ridge(), ranges, n_iter=2, cv=2, random_state=7)
    yield "RandomizedSearchCV", search.fit(x, y)
    yield "Pipeline", sklearn.pipeline.Pipeline(steps).fit(x, y)
    columns = sklearn.compose.ColumnTransformer([("a", scale.StandardScaler(), [0, 1]), ("b", "passthrough", [2])])
    yield "ColumnTransformer", columns.fit(x)


def joblib_dumped(value, compress=0):
    """What `joblib.dump` writes."""
    held = io.BytesIO()
    joblib.dump(value, held, compress=compress)
    return held.getvalue()


def write(corpus):
    """Everything as pickle, most of it by joblib too."""
    numeric = {}
    for name, value in arrays():
        corpus.clean(f"arrays/{name}.pkl", pickle.dumps(value, 4), made_by("numpy"))
        if isinstance(value, numpy.ndarray) and not numpy.ma.isMA(value):
            held = io.BytesIO()
            numpy.save(held, value)
            corpus.clean(f"arrays/{name}.npy", held.getvalue(), made_by("numpy"))
            corpus.clean(f"arrays/{name}.joblib", joblib_dumped(value), made_by("joblib", "numpy"))
            if value.dtype.kind in "fiub":
                numeric[name.replace("-", "_")] = value
    for name, writer in [("plain", numpy.savez), ("compressed", numpy.savez_compressed)]:
        held = io.BytesIO()
        writer(held, **numeric)
        corpus.clean(f"arrays/{name}.npz", held.getvalue(), made_by("numpy"))
    for compress in COMPRESSORS:
        name = "-".join(map(str, compress)) if isinstance(compress, tuple) else compress
        suffix = f"joblib.{compress[0]}" if isinstance(compress, tuple) else "joblib"
        corpus.clean(f"arrays/compressed-{name}.{suffix}", joblib_dumped(numeric, compress), made_by("joblib", "numpy"))
    for name, value, by in sparse_and_tables():
        corpus.clean(f"tables/{name}.pkl", pickle.dumps(value, 4), by)
    held = io.BytesIO()
    scipy.sparse.save_npz(held, scipy.sparse.csr_matrix(numpy.eye(5)))
    corpus.clean("tables/csr.npz", held.getvalue(), made_by("scipy"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, estimator in estimators():
            by = made_by("scikit-learn", "joblib")
            corpus.clean(f"estimators/{name}.pkl", pickle.dumps(estimator, 4), by)
            corpus.clean(f"estimators/{name}.joblib", joblib_dumped(estimator), by)
