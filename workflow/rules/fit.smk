rule fit:
    input:
        connectome="results/connectome.nc",
        fourier=of_points("target", [STUDY.target], SEEN),
        recording=RECORDED,
        inverse=INVERSE,
    output:
        fit="results/fit.nc",
        table="results/fit.csv",
    log:
        "results/logs/fit.log",
    benchmark:
        "results/benchmarks/fit.tsv"
    conda:
        "../../environment.yml"
    threads: 2
    resources:
        **asked("fit"),
    params:
        model=SETTINGS["model"],
        times=TIMES,
        bounds=SETTINGS["fit"]["parameters"],
        replicates=TO_FIT,
        units=UNITS,
        code=code("fit.py"),
    script:
        "../scripts/fit.py"


rule plot_fit:
    input:
        fit="results/fit.nc",
        connectome="results/connectome.nc",
        simulated=of_points("simulated", [study.FITTED], "connectivity"),
        target=of_points("target", [STUDY.target], "connectivity"),
        simulated_spectra=of_points("simulated", [study.FITTED], "spectra"),
        target_spectra=of_points("target", [STUDY.target], "spectra"),
        theory="results/simulated/fitted/theory.nc",
    output:
        fit=report(
            "results/figures/fit.png",
            category="3. Connectivity and scores",
            labels={"figure": "fit"},
            caption="../report/fit.rst",
        ),
        fit_svg="results/figures/fit.svg",
    log:
        "results/logs/plot_fit.log",
    benchmark:
        "results/benchmarks/plot_fit.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("plot_fit"),
    params:
        labels=FREE,
        truth=TRUE,
        bounds=SETTINGS["fit"]["parameters"],
        held_out=HELD_OUT,
        by_simulation=bool(ROUNDS),
        code=code("plot_fit.py"),
    script:
        "../scripts/plot_fit.py"


rule planning:  # on request
    input:
        connectome="results/connectome.nc",
        inverse=INVERSE,
    output:
        planning="results/planning.csv",
    log:
        "results/logs/planning.log",
    benchmark:
        "results/benchmarks/planning.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("planning"),
    params:
        model=STUDY.models.get(STUDY.target, SETTINGS["model"]),
        times=TIMES,
        bounds=SETTINGS["fit"]["parameters"],
        rate=RATES[0],
        frequencies=SETTINGS["fit"]["frequencies"],
        recordings=SETTINGS["target"]["replicates"],
        code=code("planning.py"),
    script:
        "../scripts/planning.py"


rule plot_planning:  # on request
    input:
        planning="results/planning.csv",
    output:
        planning=report(
            "results/figures/planning.png",
            category="3. Connectivity and scores",
            labels={"figure": "planning"},
            caption="../report/planning.rst",
        ),
        planning_svg="results/figures/planning.svg",
    log:
        "results/logs/plot_planning.log",
    benchmark:
        "results/benchmarks/plot_planning.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("plot_planning"),
    params:
        labels=FREE,
        code=code("plot_planning.py"),
    script:
        "../scripts/plot_planning.py"


if ROUNDS:

    include: "fit_by_simulation.smk"
