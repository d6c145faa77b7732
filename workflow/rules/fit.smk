rule fit:
    input:
        connectome="results/connectome.nc",
        fourier=of_points("target", [STUDY.target], "fourier"),
    output:
        fit="results/fit.nc",
        table="results/fit.csv",
    log:
        "results/logs/fit.log",
    benchmark:
        "results/benchmarks/fit.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("fit"),
    params:
        model=SETTINGS["model"],
        times=TIMES,
        bounds=SETTINGS["fit"]["parameters"],
        replicates=TO_FIT,
        units={key: settings.unit(key, SCHEMA) for key in SETTINGS["fit"]["parameters"]},
        code=code("fit.py"),
    script:
        "../scripts/fit.py"
