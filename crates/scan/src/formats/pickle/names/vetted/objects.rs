//! Classes whose objects are restored by filling their fields, and functions that are only named.
//!
//! The restoring code of each was read. Left out are models of statsmodels, which evaluate formulas of their state.

/// Modules and their classes: objects that are made empty and filled.
static OBJECTS: &[(&str, &str)] = &[
    // `Module.__setstate__` fills `__dict__` and adds the tables of hooks that old versions lack.
    (
        "torch.nn.modules.activation",
        "GLU Hardshrink Hardsigmoid Hardswish LogSigmoid RReLU Softmax2d Softmin Softshrink \
         Tanhshrink",
    ),
    ("torch.nn.modules.adaptive", "AdaptiveLogSoftmaxWithLoss"),
    ("torch.nn.modules.batchnorm", "LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d"),
    ("torch.nn.modules.channelshuffle", "ChannelShuffle"),
    (
        "torch.nn.modules.conv",
        "LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d LazyConvTranspose2d \
         LazyConvTranspose3d",
    ),
    ("torch.nn.modules.dropout", "FeatureAlphaDropout"),
    ("torch.nn.modules.fold", "Fold Unfold"),
    ("torch.nn.modules.instancenorm", "LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d"),
    ("torch.nn.modules.linear", "LazyLinear"),
    (
        "torch.nn.modules.loss",
        "GaussianNLLLoss HingeEmbeddingLoss MarginRankingLoss MultiLabelMarginLoss \
         MultiLabelSoftMarginLoss MultiMarginLoss NLLLoss2d PoissonNLLLoss SoftMarginLoss \
         TripletMarginLoss TripletMarginWithDistanceLoss",
    ),
    ("torch.nn.modules.module", "_WrappedHook"),
    (
        "torch.nn.modules.padding",
        "CircularPad1d CircularPad2d CircularPad3d ConstantPad3d ReflectionPad1d ReflectionPad3d \
         ReplicationPad1d ReplicationPad3d ZeroPad1d ZeroPad3d",
    ),
    (
        "torch.nn.modules.pooling",
        "FractionalMaxPool2d FractionalMaxPool3d LPPool1d LPPool2d LPPool3d MaxUnpool1d \
         MaxUnpool2d MaxUnpool3d",
    ),
    ("torch.nn.modules.rnn", "RNNBase"),
    ("torch.nn.parallel.data_parallel", "DataParallel"),
    ("torch.nn.utils.prune", "L1Unstructured PruningContainer RandomUnstructured"),
    (
        "torch.nn.utils.spectral_norm",
        "SpectralNorm SpectralNormLoadStateDictPreHook SpectralNormStateDictHook",
    ),
    ("torch.nn.utils.weight_norm", "WeightNorm"),
    ("torch.utils.hooks", "RemovableHandle"),
    ("torch._C", "_VariableFunctionsClass"),
    // `Optimizer.__setstate__` fills `__dict__`.
    ("torch.optim", "Adafactor Muon"),
    ("torch.optim._adafactor", "Adafactor"),
    ("torch.optim._muon", "Muon"),
    ("torch.optim.adadelta", "Adadelta"),
    ("torch.optim.adamax", "Adamax"),
    ("torch.optim.asgd", "ASGD"),
    ("torch.optim.lbfgs", "LBFGS"),
    ("torch.optim.nadam", "NAdam"),
    ("torch.optim.radam", "RAdam"),
    ("torch.optim.rprop", "Rprop"),
    ("torch.optim.sparse_adam", "SparseAdam"),
    (
        "torch.optim.lr_scheduler",
        "ChainedScheduler ConstantLR CosineAnnealingWarmRestarts CyclicLR MultiplicativeLR \
         PolynomialLR SequentialLR",
    ),
    ("torch.optim.swa_utils", "AveragedModel SWALR"),
    ("torch.utils.data.dataset", "ConcatDataset Subset TensorDataset"),
    // What a distributed checkpoint says about its files.
    (
        "torch.distributed.checkpoint.metadata",
        "BytesStorageMetadata ChunkStorageMetadata Metadata MetadataIndex StorageMeta \
         TensorProperties TensorStorageMetadata",
    ),
    ("torch.distributed.checkpoint.filesystem", "_StorageInfo _StoragePrefix"),
    ("transformers.tokenization_utils_base", "BatchEncoding"),
    ("transformers.generation.configuration_utils", "GenerationConfig"),
    ("omegaconf.base", "ContainerMetadata Metadata"),
    ("omegaconf.dictconfig", "DictConfig"),
    ("omegaconf.listconfig", "ListConfig"),
    (
        "omegaconf.nodes",
        "AnyNode BooleanNode BytesNode EnumNode FloatNode IntegerNode PathNode StringNode",
    ),
    ("pandas.core.arrays.boolean", "BooleanArray BooleanDtype"),
    ("pandas.core.arrays.floating", "Float32Dtype Float64Dtype FloatingArray"),
    (
        "pandas.core.arrays.integer",
        "Int16Dtype Int32Dtype Int64Dtype Int8Dtype IntegerArray UInt16Dtype UInt32Dtype \
         UInt64Dtype UInt8Dtype",
    ),
    ("pandas.core.arrays.arrow.array", "ArrowExtensionArray"),
    ("pandas.core.arrays.interval", "IntervalArray"),
    ("pandas.core.arrays.string_", "StringArray StringArrayNumpySemantics"),
    ("pandas.core.arrays.string_arrow", "ArrowStringArray ArrowStringArrayNumpySemantics"),
    ("pandas.core.arrays.sparse.array", "SparseArray"),
    ("pandas.core.arrays.sparse.dtype", "SparseDtype"),
    ("pandas.core.arrays.timedeltas", "TimedeltaArray"),
    ("pandas.core.dtypes.dtypes", "ArrowDtype IntervalDtype SparseDtype"),
    ("pandas.core.indexes.interval", "IntervalIndex"),
    ("pandas.core.indexes.period", "PeriodIndex"),
    ("pandas.core.indexes.timedeltas", "TimedeltaIndex"),
    ("pandas.arrays", "BooleanArray FloatingArray IntegerArray IntervalArray SparseArray"),
    (
        "pandas",
        "BooleanDtype Float32Dtype Float64Dtype Int16Dtype Int32Dtype Int64Dtype Int8Dtype \
         Interval IntervalDtype SparseDtype UInt16Dtype UInt32Dtype UInt64Dtype UInt8Dtype",
    ),
    ("numpy", "poly1d"),
    ("numpy.lib.polynomial", "poly1d"),
    ("numpy.polynomial.chebyshev", "Chebyshev"),
    ("numpy.polynomial.hermite", "Hermite"),
    ("numpy.polynomial.legendre", "Legendre"),
    ("numpy.polynomial.polynomial", "Polynomial"),
    ("scipy.interpolate._bsplines", "BSpline"),
    ("scipy.interpolate._cubic", "Akima1DInterpolator CubicSpline PchipInterpolator"),
    ("scipy.interpolate._interpolate", "PPoly interp1d"),
    ("scipy.interpolate._rbfinterp", "RBFInterpolator"),
    ("scipy.stats._distn_infrastructure", "rv_continuous_frozen rv_discrete_frozen rv_frozen"),
    ("scipy.stats._kde", "gaussian_kde"),
    ("scipy.stats.kde", "gaussian_kde"),
    // Boosted trees: their states are models in the library's own format.
    ("xgboost.core", "Booster"),
    ("xgboost.sklearn", "XGBClassifier XGBRFClassifier XGBRFRegressor XGBRanker XGBRegressor"),
    ("lightgbm.basic", "Booster"),
    ("lightgbm.sklearn", "LGBMClassifier LGBMRanker LGBMRegressor"),
    ("catboost.core", "CatBoost CatBoostClassifier CatBoostRanker CatBoostRegressor"),
    ("sklearn.cluster._birch", "_CFNode _CFSubcluster"),
    ("sklearn.cluster._bisect_k_means", "_BisectingTree"),
    (
        "sklearn.gaussian_process.kernels",
        "CompoundKernel ConstantKernel DotProduct Exponentiation ExpSineSquared Matern \
         PairwiseKernel Product RBF RationalQuadratic Sum WhiteKernel",
    ),
    ("sklearn.isotonic", "IsotonicRegression"),
    (
        "sklearn.linear_model._passive_aggressive",
        "PassiveAggressiveClassifier PassiveAggressiveRegressor",
    ),
    (
        "sklearn.metrics._scorer",
        "_CurveScorer _MultimetricScorer _PredictScorer _ProbaScorer _Scorer _ThresholdScorer",
    ),
    (
        "sklearn.model_selection._split",
        "GroupKFold GroupShuffleSplit KFold LeaveOneGroupOut LeaveOneOut LeavePOut PredefinedSplit \
         RepeatedKFold RepeatedStratifiedKFold ShuffleSplit StratifiedGroupKFold StratifiedKFold \
         StratifiedShuffleSplit TimeSeriesSplit",
    ),
    ("sklearn.compose._column_transformer", "make_column_selector"),
    ("sklearn.multiclass", "_ConstantPredictor"),
    ("sklearn.impute._iterative", "IterativeImputer _ImputerTriplet"),
    ("sklearn.utils._metadata_requests", "MetadataRequest MethodMetadataRequest"),
    // Word vectors and topics: `__dict__` is filled.
    ("gensim.corpora.dictionary", "Dictionary"),
    ("gensim.models.doc2vec", "Doc2Vec"),
    ("gensim.models.fasttext", "FastText FastTextKeyedVectors"),
    ("gensim.models.keyedvectors", "KeyedVectors Vocab Word2VecKeyedVectors"),
    ("gensim.models.ldamodel", "LdaModel LdaState"),
    ("gensim.models.lsimodel", "LsiModel Projection"),
    ("gensim.models.phrases", "FrozenPhrases Phraser Phrases"),
    ("gensim.models.tfidfmodel", "TfidfModel"),
    ("gensim.models.word2vec", "Word2Vec"),
];

/// Modules and what is only referred to: nothing calls it while the pickle is read.
static VALUES: &[(&str, &str)] = &[
    ("builtins", "abs hash len max min round sorted sum"),
    ("typing", "Any Dict List Optional Tuple Union"),
    ("torch", "erf exp log sigmoid sin softmax"),
    ("torch.nn.functional", "glu hardswish log_softmax logsigmoid relu6 softplus"),
    (
        "torch.nn.init",
        "constant_ kaiming_normal_ kaiming_uniform_ normal_ ones_ trunc_normal_ uniform_ \
         xavier_normal_ xavier_uniform_ zeros_",
    ),
    ("torch.masked.maskedtensor.core", "MaskedTensor"),
    ("torch.nested._internal.nested_tensor", "NestedTensor"),
    ("pandas", "NA NaT"),
    ("pandas._libs.missing", "NA"),
    (
        "numpy",
        "amax amin argmax argmin array asarray clip dot max mean median min nanmean prod std sum \
         var where",
    ),
    ("numpy.linalg", "norm"),
    ("scipy._lib.array_api_compat.numpy._aliases", "asarray"),
    (
        "scipy.interpolate._interpolate",
        "interp1d._call_linear interp1d._call_linear_np interp1d._call_nearest \
         interp1d._call_previousnext interp1d._call_spline interp1d._call_nan_spline \
         interp1d._check_and_update_bounds_error_for_extrapolation",
    ),
    ("sklearn.cluster._kmeans", "_kmeans_single_elkan _kmeans_single_lloyd"),
    (
        "sklearn.feature_selection._univariate_selection",
        "chi2 f_classif f_oneway f_regression r_regression",
    ),
    ("sklearn.feature_selection._mutual_info", "mutual_info_classif mutual_info_regression"),
    (
        "sklearn.metrics._classification",
        "accuracy_score balanced_accuracy_score cohen_kappa_score f1_score fbeta_score \
         jaccard_score log_loss matthews_corrcoef precision_score recall_score",
    ),
    ("sklearn.metrics._scorer", "_passthrough_scorer"),
    ("sklearn.metrics._ranking", "average_precision_score roc_auc_score"),
    (
        "sklearn.metrics._regression",
        "explained_variance_score max_error mean_absolute_error mean_squared_error \
         mean_squared_log_error median_absolute_error r2_score root_mean_squared_error",
    ),
    ("gensim.matutils", "unitvec"),
    ("gensim.models.phrases", "npmi_scorer original_scorer"),
    ("gensim.models.tfidfmodel", "df2idf smartirs_normalize"),
    ("gensim.utils", "call_on_class_only identity"),
];

/// Whether objects of this class are made and filled.
pub(super) fn has_object(module: &str, name: &str) -> bool {
    has(OBJECTS, module, name)
}

/// Whether this may be referred to.
pub(super) fn has_value(module: &str, name: &str) -> bool {
    has(VALUES, module, name)
}

fn has(table: &[(&str, &str)], module: &str, name: &str) -> bool {
    table
        .iter()
        .any(|(of, names)| *of == module && names.split_ascii_whitespace().any(|n| n == name))
}

/// The tables, for the rule set's digest.
pub(super) fn lines() -> impl Iterator<Item = String> {
    [("object", OBJECTS), ("value", VALUES)].into_iter().flat_map(|(role, table)| {
        table.iter().map(move |(module, names)| format!("{role} {module} {names}\n"))
    })
}
