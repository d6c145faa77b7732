rule leakage:
    input:
        activity="results/simulated/{point}/{batch}/activity.nc",
        inverse="results/inverse.nc",
    output:
        leakage="results/simulated/{point}/{batch}/leakage.nc",
    log:
        "results/logs/leakage/{point}_{batch}.log",
    benchmark:
        "results/benchmarks/leakage/{point}_{batch}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("leakage"),
    params:
        seed=SEEDS["simulated"],
        alike=ALIKE,
        asked=ASKED.without_windows()._asdict(),
        rows=ROWS,
        code=code("leakage.py", *MEASURE_MODULES),
    script:
        "../scripts/leakage.py"


rule unleaked:
    input:
        activity="results/{role}/{point}/{batch}/activity.nc",
    output:
        connectivity="results/{role}/{point}/{batch}/unleaked.nc",
    log:
        "results/logs/unleaked/{role}_{point}_{batch}.log",
    benchmark:
        "results/benchmarks/unleaked/{role}_{point}_{batch}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("unleaked"),
    params:
        alike=ALIKE,
        asked=ASKED.without_windows()._asdict(),
        rows=ROWS,
        code=code("connectivity.py", *MEASURE_MODULES),
    script:
        "../scripts/connectivity.py"


rule compare_leakage:
    input:
        before=of_points("simulated", [SHOWN], "unleaked"),
        after=of_points("simulated", [SHOWN], "connectivity"),
        null=of_points("simulated", [SHOWN], "leakage"),
        target=of_points("target", [STUDY.target], "connectivity"),
        connectome="results/connectome.nc",
    output:
        leakage="results/leakage.csv",
    log:
        "results/logs/compare_leakage.log",
    benchmark:
        "results/benchmarks/compare_leakage.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("compare_leakage"),
    params:
        point=SHOWN,
        code=code("compare_leakage.py"),
    script:
        "../scripts/compare_leakage.py"
