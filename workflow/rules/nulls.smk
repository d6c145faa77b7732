rule null:
    input:
        connectome="results/connectome.nc",
        inverse=INVERSE,
        refit=refit_of,
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
        model=lambda wildcards: STUDY.models.get(wildcards.point, SETTINGS["model"]),
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
        nulls=of_nulls(SHOWN),
        target=of_points("target", [STUDY.target], "connectivity"),
        connectome="results/connectome.nc",
        points="results/points.csv",
        scores=f"results/simulated/{SHOWN}/scores.csv",
        refits=[],
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
        only=None,
        code=code("score_nulls.py"),
    script:
        "../scripts/score_nulls.py"


rule refit:
    input:
        connectome="results/connectome.nc",
        fourier=of_points("target", [STUDY.target], SEEN),
        recording=RECORDED,
        inverse=INVERSE,
    output:
        fit="results/nulls/{null}/fitted/{batch}/fit.nc",
    log:
        "results/logs/refit/{null}_{batch}.log",
    benchmark:
        "results/benchmarks/refit/{null}_{batch}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("refit"),
    params:
        method=lambda wildcards: SETTINGS["nulls"][wildcards.null]["method"],
        numbers=lambda wildcards: STUDY.nulls[wildcards.null][wildcards.batch],
        seed=SEEDS["simulated"],
        model=SETTINGS["model"],
        times=TIMES,
        bounds=SETTINGS["fit"]["parameters"],
        replicates=TO_FIT,
        code=lambda wildcards: code(
            "refit.py", nulls.module(SETTINGS["nulls"][wildcards.null]["method"])
        ),
    script:
        "../scripts/refit.py"


use rule score_nulls as score_refitted with:
    input:
        nulls=of_nulls(study.FITTED),
        target=of_points("target", [STUDY.target], "connectivity"),
        connectome="results/connectome.nc",
        points=[],
        scores="results/simulated/fitted/scores.csv",
        refits=of_nulls(study.FITTED, "fit"),
    output:
        scores="results/simulated/fitted/nulls.csv",
        networks="results/simulated/fitted/nulls_networks.csv",
        notes="results/simulated/fitted/nulls_notes.csv",
    log:
        "results/logs/score_refitted.log",
    benchmark:
        "results/benchmarks/score_refitted.tsv"
    resources:
        **asked("score_refitted"),
    params:
        point=study.FITTED,
        names=list(STUDY.nulls),
        only=HELD_OUT,
        code=code("score_nulls.py"),
