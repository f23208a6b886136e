"""A data set of one's own: read from a zip, a folder, an upload of a folder, or an `.npz`.

Two steps, so that a page can show what there is before it is stored:

    files = zip_files(file)                      # or folder_files, uploaded_files
    contents = find_pictures(files)              # or find_arrays for an `.npz`: classes, numbers, sizes
    reading = read(contents, Choices(...))       # one `OwnImages`, and what was left out
"""
