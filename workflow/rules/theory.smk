rule fourier:
    input:
        activity=activity,
    output:
        fourier="results/{role}/{point}/{batch}/fourier.nc",
    log:
        "results/logs/fourier/{role}_{point}_{batch}.log",
    benchmark:
        "results/benchmarks/fourier/{role}_{point}_{batch}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("fourier"),
    params:
        recorded=STUDY.target == study.RECORDING,
        frequencies=SETTINGS["fit"]["frequencies"],
        code=code("fourier.py"),
    script:
        "../scripts/fourier.py"


rule fourier_seen:
    input:
        activity="results/{role}/{point}/{batch}/reconstructed.nc",
    output:
        fourier="results/{role}/{point}/{batch}/fourier_seen.nc",
    log:
        "results/logs/fourier_seen/{role}_{point}_{batch}.log",
    benchmark:
        "results/benchmarks/fourier_seen/{role}_{point}_{batch}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("fourier_seen"),
    params:
        recorded=False,
        frequencies=SETTINGS["fit"]["frequencies"],
        code=code("fourier.py"),
    script:
        "../scripts/fourier.py"


rule theory:
    input:
        connectome="results/connectome.nc",
        fourier=of_points("target", [STUDY.target], "fourier"),
        target=theory_of_target,
        fit=fit_of,
    output:
        theory="results/simulated/{point}/theory.nc",
    log:
        "results/logs/theory/{point}.log",
    benchmark:
        "results/benchmarks/theory/{point}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("theory"),
    params:
        model=model_of,
        target_model=STUDY.models.get(STUDY.target),
        times=TIMES,
        length=LENGTH,
        asked=ASKED.without_windows()._asdict(),
        rates=RATES,
        reconstructed=bool(INVERSE),
        code=code("theory.py"),
    script:
        "../scripts/theory.py"


rule theory_of_target:
    input:
        connectome="results/connectome.nc",
    output:
        theory="results/target/{point}/theory.nc",
    log:
        "results/logs/theory_of_target/{point}.log",
    benchmark:
        "results/benchmarks/theory_of_target/{point}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("theory_of_target"),
    params:
        model=lambda wildcards: STUDY.models[wildcards.point],
        times=TIMES,
        length=LENGTH,
        asked=ASKED.without_windows()._asdict(),
        rates=RATES,
        code=code("theory_of_target.py"),
    script:
        "../scripts/theory_of_target.py"
