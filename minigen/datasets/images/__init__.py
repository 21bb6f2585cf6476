"""Images in files: the data sets that have a name, files of arrays, and folders of pictures.

sources.py    where the files of the named sets are, and their checksums
downloads.py  downloads into the cache
files.py      four arrays in files of idx or npz
archives.py   an array in an .npz archive
pictures.py   one picture as pixels
folder.py     ImageFolder: a folder of pictures, read batch by batch
parts.py      the training and the test pictures of a folder
checks.py     input validation
"""
