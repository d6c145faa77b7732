rule null:
    input:
        connectome="results/connectome.nc",
    output:
        connectivity="results/nulls/{null}/{point}/{batch}/connectivity.nc",
    log:
        "results/logs/null/{null}_{point}_{batch}.log",
    benchmark:
        "results/benchmarks/null/{null}_{point}_{batch}.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        method=lambda wildcards: SETTINGS["nulls"][wildcards.null]["method"],
        numbers=lambda wildcards: STUDY.nulls[wildcards.null][wildcards.batch],
        model=lambda wildcards: STUDY.models[wildcards.point],
        simulation=TIMES,
        seed=SEEDS["simulated"],
        replicates=list(range(SETTINGS["simulation"]["replicates"])),
        measures=MEASURES,
        rows=ROWS,
        code=code("null.py", *MEASURE_MODULES, *NULL_MODULES),
    script:
        "../scripts/null.py"
