ruleorder: fit_by_simulation > fit


rule propose:
    input:
        evaluations=before,
    output:
        points="results/fit/{round}/points.csv",
    log:
        "results/logs/propose/{round}.log",
    benchmark:
        "results/benchmarks/propose/{round}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("propose"),
    params:
        points=SETTINGS["fit"]["points"],
        model=SETTINGS["model"],
        bounds=SETTINGS["fit"]["parameters"],
        code=code("propose.py"),
    script:
        "../scripts/propose.py"


rule evaluate:
    input:
        connectome="results/connectome.nc",
        points="results/fit/{round}/points.csv",
        target=of_points("target", [STUDY.target], "connectivity"),
        target_spectra=of_points("target", [STUDY.target], "spectra"),
        inverse=INVERSE,
    output:
        evaluation="results/fit/{round}/{number}.nc",
    log:
        "results/logs/evaluate/{round}_{number}.log",
    benchmark:
        "results/benchmarks/evaluate/{round}_{number}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("evaluate"),
    params:
        model=SETTINGS["model"],
        simulation=TIMES,
        seed=SEEDS["simulated"],
        replicates=APART,
        fitted_to=TO_FIT,
        frequencies=SETTINGS["fit"]["frequencies"],
        asked=ASKED.without_windows()._asdict(),
        rows=ROWS,
        alike=ALIKE,
        code=code("evaluate.py", *MEASURE_MODULES),
    script:
        "../scripts/evaluate.py"


rule fit_by_simulation:
    input:
        connectome="results/connectome.nc",
        evaluations=evaluations(ROUNDS),
    output:
        fit="results/fit.nc",
        table="results/fit.csv",
    log:
        "results/logs/fit_by_simulation.log",
    benchmark:
        "results/benchmarks/fit_by_simulation.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("fit_by_simulation"),
    params:
        model=SETTINGS["model"],
        bounds=SETTINGS["fit"]["parameters"],
        units=UNITS,
        code=code("fit_by_simulation.py"),
    script:
        "../scripts/fit_by_simulation.py"
