rule connectivity:
    input:
        activity=compared,
    output:
        connectivity="results/{role}/{point}/{batch}/connectivity.nc",
    log:
        "results/logs/connectivity/{role}_{point}_{batch}.log",
    benchmark:
        "results/benchmarks/connectivity/{role}_{point}_{batch}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("connectivity"),
    params:
        alike=lambda wildcards: ALIKE if wildcards.role == "simulated" else None,
        asked=ASKED._asdict(),
        rows=ROWS,
        code=code("connectivity.py", *MEASURE_MODULES),
    script:
        "../scripts/connectivity.py"


rule spectra:
    input:
        activity=compared,
    output:
        spectra="results/{role}/{point}/{batch}/spectra.nc",
    log:
        "results/logs/spectra/{role}_{point}_{batch}.log",
    benchmark:
        "results/benchmarks/spectra/{role}_{point}_{batch}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("spectra"),
    params:
        alike=lambda wildcards: ALIKE if wildcards.role == "simulated" else None,
        recorded=STUDY.target == study.RECORDING,
        bands=POWER_BANDS,
        code=code("spectra.py"),
    script:
        "../scripts/spectra.py"


rule score_point:
    input:
        simulated=of_point("connectivity"),
        target=of_points("target", [STUDY.target], "connectivity"),
        simulated_spectra=of_point("spectra"),
        target_spectra=of_points("target", [STUDY.target], "spectra"),
        connectome="results/connectome.nc",
        theory="results/simulated/{point}/theory.nc",
        leaked=of_point("leakage") if INVERSE else [],
        fit=fit_of,
    output:
        scores="results/simulated/{point}/scores.csv",
        replicates="results/simulated/{point}/scores_replicates.csv",
        notes="results/simulated/{point}/scores_notes.csv",
    log:
        "results/logs/score_point/{point}.log",
    benchmark:
        "results/benchmarks/score_point/{point}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("score_point"),
    params:
        frequencies=SETTINGS["fit"]["frequencies"],
        only=lambda wildcards: HELD_OUT if wildcards.point == study.FITTED else None,
        code=code("score_point.py"),
    script:
        "../scripts/score_point.py"


rule score:
    input:
        points="results/points.csv",
        scores=expand("results/simulated/{point}/scores.csv", point=POINTS),
        replicates=expand("results/simulated/{point}/scores_replicates.csv", point=POINTS),
        notes=expand("results/simulated/{point}/scores_notes.csv", point=POINTS) + NULL_NOTES,
        nulls=NULLS,
    output:
        scores="results/scores.csv",
        replicates="results/scores_replicates.csv",
        notes="results/scores_notes.csv",
        differences="results/differences.csv",
        grid="results/scores.nc",
    log:
        "results/logs/score.log",
    benchmark:
        "results/benchmarks/score.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **asked("score"),
    params:
        code=code("score.py"),
    script:
        "../scripts/score.py"


rule best:
    input:
        scores="results/scores.csv",
        differences="results/differences.csv",
        connectome="results/connectome.nc",
        fourier=of_points("target", [STUDY.target], "fourier"),
    output:
        best="results/best.csv",
    log:
        "results/logs/best.log",
    benchmark:
        "results/benchmarks/best.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("best"),
    params:
        model=SETTINGS["model"],
        times=TIMES,
        axes=SETTINGS["sweep"]["axes"],
        code=code("best.py"),
    script:
        "../scripts/best.py"
