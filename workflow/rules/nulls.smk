rule null:
    input:
        connectome="results/connectome.nc",
        inverse=INVERSE,
    output:
        connectivity="results/nulls/{null}/{point}/{batch}/connectivity.nc",
    log:
        "results/logs/null/{null}_{point}_{batch}.log",
    benchmark:
        "results/benchmarks/null/{null}_{point}_{batch}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("null"),
    params:
        method=lambda wildcards: SETTINGS["nulls"][wildcards.null]["method"],
        numbers=lambda wildcards: STUDY.nulls[wildcards.null][wildcards.batch],
        model=lambda wildcards: STUDY.models[wildcards.point],
        simulation=TIMES,
        seed=SEEDS["simulated"],
        replicates=list(range(SETTINGS["simulation"]["replicates"])),
        asked=ASKED.without_windows()._asdict(),
        rows=ROWS,
        alike=ALIKE,
        code=lambda wildcards: code(
            "null.py",
            *MEASURE_MODULES,
            nulls.module(SETTINGS["nulls"][wildcards.null]["method"]),
        ),
    script:
        "../scripts/null.py"


rule score_nulls:
    input:
        nulls=of_nulls(),
        target=of_points("target", [STUDY.target], "connectivity"),
        connectome="results/connectome.nc",
        points="results/points.csv",
        scores=f"results/simulated/{SHOWN}/scores.csv",
    output:
        scores="results/nulls.csv",
        networks="results/nulls_networks.csv",
        notes="results/nulls/notes.csv",
    log:
        "results/logs/score_nulls.log",
    benchmark:
        "results/benchmarks/score_nulls.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("score_nulls"),
    params:
        point=SHOWN,
        names=list(STUDY.nulls),
        code=code("score_nulls.py"),
    script:
        "../scripts/score_nulls.py"
